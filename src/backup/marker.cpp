#include "backup/marker.hpp"

#include <fmt/format.h>
#include <sys/random.h>

#include <array>
#include <cerrno>

#include "backup/borg_log.hpp"
#include "backup/target_file.hpp"

namespace guardian::backup {

Result<Marker> read_marker(const Fd& folder) {
    const auto o = read_target_file(folder, marker_name);
    if (!o) return o.error();
    Marker m{target_file_text(*o, "token"), target_file_text(*o, "target"), target_file_text(*o, "host"),
             target_file_text(*o, "created")};
    if (!is_borg_id(m.token))
        return Error{ErrorCode::refused,
                     fmt::format("{} on the target is not a marker of Guardian", marker_name),
                     "its token is not 64 hexadecimal digits", ""};
    return m;
}

Result<> write_marker(const Fd& folder, const Marker& m) {
    return write_target_file(folder, marker_name,
                             {{"about", "Guardian knows its backup disk by this file: leave it."},
                              {"token", m.token},
                              {"target", m.target},
                              {"host", m.host},
                              {"created", m.created}},
                             false);
}

Result<std::string> random_token() {
    std::array<unsigned char, 32> bytes{};
    if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
        return errno_error("cannot get random bytes", errno);
    std::string token;
    for (const auto b : bytes) token += fmt::format("{:02x}", b);
    return token;
}

}  // namespace guardian::backup
