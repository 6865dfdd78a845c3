#include "backup/marker.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/random.h>
#include <sys/stat.h>

#include <array>
#include <boost/json.hpp>
#include <cerrno>

#include "backup/borg_log.hpp"

namespace guardian::backup {
namespace {

namespace json = boost::json;
constexpr std::size_t most_bytes = 4096;

Error not_a_marker(std::string reason) {
    return {ErrorCode::refused, fmt::format("{} on the target is not a marker of Guardian", marker_name),
            std::move(reason), ""};
}

std::string field(const json::object& o, std::string_view key) {
    const auto* v = o.if_contains(key);
    return v != nullptr && v->is_string() ? std::string(v->get_string()).substr(0, 200) : "";
}

}  // namespace

Result<Marker> read_marker(const Fd& folder) {
    const Fd fd{::openat(folder.get(), marker_name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)};
    if (!fd.valid() && errno == ELOOP) return not_a_marker("it is a symbolic link");
    if (!fd.valid()) return errno_error(fmt::format("cannot read {} on the target", marker_name), errno);
    struct stat st {};
    if (::fstat(fd.get(), &st) != 0 || !S_ISREG(st.st_mode)) return not_a_marker("it is not a regular file");
    if (st.st_size > static_cast<off_t>(most_bytes)) return not_a_marker("it is too large");
    std::array<char, most_bytes> buffer{};
    const auto n = ::read(fd.get(), buffer.data(), buffer.size());
    if (n < 0) return errno_error(fmt::format("cannot read {} on the target", marker_name), errno);
    json::error_code error;
    const auto value = json::parse({buffer.data(), static_cast<std::size_t>(n)}, error);
    if (error || !value.is_object()) return not_a_marker("it is not JSON");
    const auto& o = value.get_object();
    Marker m{field(o, "token"), field(o, "target"), field(o, "host"), field(o, "created")};
    if (!is_borg_id(m.token)) return not_a_marker("its token is not 64 hexadecimal digits");
    return m;
}

Result<> write_marker(const Fd& folder, const Marker& m) {
    const auto text =
        json::serialize(json::object{{"about", "Guardian knows its backup disk by this file: leave it."},
                                     {"token", m.token},
                                     {"target", m.target},
                                     {"host", m.host},
                                     {"created", m.created}}) +
        "\n";
    const Fd fd{
        ::openat(folder.get(), marker_name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600)};
    if (!fd.valid()) return errno_error(fmt::format("cannot write {} on the target", marker_name), errno);
    const bool written = ::write(fd.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
                         ::fsync(fd.get()) == 0 && ::fsync(folder.get()) == 0;
    if (written) return {};
    auto error = errno_error(fmt::format("cannot write {} on the target", marker_name), errno);
    ::unlinkat(folder.get(), marker_name, 0);  // half a marker would refuse the disk for ever
    return error;
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
