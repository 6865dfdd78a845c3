#include "backup/target_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <boost/json.hpp>
#include <cerrno>

namespace guardian::backup {
namespace {

namespace json = boost::json;
constexpr std::size_t most_bytes = 256 * 1024;

Error not_ours(const std::string& name, std::string reason) {
    return {ErrorCode::refused, fmt::format("{} on the target is not a file of Guardian", name),
            std::move(reason),
            "if the target is yours and the file damaged: remove it, and run guardian init, which says how "
            "to go on"};
}

Error cannot_write(const std::string& name, int error) {
    return errno_error(fmt::format("cannot write {} on the target", name), error);
}

bool write_all(const Fd& fd, std::string_view text) {
    errno = ENOSPC;  // a short write sets none
    return ::write(fd.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
           ::fsync(fd.get()) == 0;
}

}  // namespace

Result<json::object> read_target_file(const Fd& folder, const std::string& name) {
    const Fd fd{::openat(folder.get(), name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)};
    if (!fd.valid() && errno == ELOOP) return not_ours(name, "it is a symbolic link");
    if (!fd.valid()) return errno_error(fmt::format("cannot read {} on the target", name), errno);
    struct stat st {};
    if (::fstat(fd.get(), &st) != 0 || !S_ISREG(st.st_mode))
        return not_ours(name, "it is not a regular file");
    if (st.st_size > static_cast<off_t>(most_bytes)) return not_ours(name, "it is too large");
    std::string text(static_cast<std::size_t>(st.st_size), '\0');
    const auto n = ::read(fd.get(), text.data(), text.size());
    if (n < 0) return errno_error(fmt::format("cannot read {} on the target", name), errno);
    text.resize(static_cast<std::size_t>(n));
    json::error_code error;
    auto value = json::parse(text, error);
    if (error || !value.is_object()) return not_ours(name, "it is not JSON");
    return std::move(value.get_object());
}

Result<> write_target_file(const Fd& folder, const std::string& name, const json::object& content,
                           bool replace) {
    // RENAME_NOREPLACE is not to be had on every share, so a first one is written in its place.
    const auto written = replace ? name + ".new" : name;
    if (replace) ::unlinkat(folder.get(), written.c_str(), 0);  // what a power cut has left
    const Fd fd{
        ::openat(folder.get(), written.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600)};
    if (!fd.valid()) return cannot_write(name, errno);
    const bool done =
        write_all(fd, json::serialize(content) + "\n") &&
        (!replace || ::renameat(folder.get(), written.c_str(), folder.get(), name.c_str()) == 0) &&
        ::fsync(folder.get()) == 0;
    if (done) return {};
    const int error = errno;
    ::unlinkat(folder.get(), written.c_str(), 0);  // half a file would refuse the disk for ever
    return cannot_write(name, error);
}

std::string target_file_text(const json::object& o, std::string_view key) {
    const auto* v = o.if_contains(key);
    return v != nullptr && v->is_string() ? std::string(v->get_string()).substr(0, 200) : "";
}

}  // namespace guardian::backup
