#include "backup/passphrase.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstdlib>

#include "base/child.hpp"
#include "base/text.hpp"

namespace guardian::backup {
namespace {

std::string context_of(const core::PlanSpec& plan) {
    return "cannot get the passphrase of plan " + plan.name;
}

Result<std::string> first_line(std::string text, const core::PlanSpec& plan) {
    const auto end = text.find('\n');
    if (end != std::string::npos) text.resize(end);
    if (text.ends_with('\r')) text.pop_back();
    if (text.empty()) return Error{ErrorCode::config, context_of(plan), "it is empty", ""};
    if (text.size() > 4096)
        return Error{ErrorCode::config, context_of(plan), "it is longer than 4096 bytes", ""};
    return text;
}

Result<std::string> from_file(const std::string& path, const core::PlanSpec& plan) {
    const Fd fd{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
    if (!fd.valid()) return errno_error(context_of(plan) + " from " + path, errno);
    struct stat st {};
    if (::fstat(fd.get(), &st) != 0 || !S_ISREG(st.st_mode))
        return Error{ErrorCode::config, context_of(plan) + " from " + path, "it is not a regular file", ""};
    if ((st.st_mode & 077) != 0)
        return Error{ErrorCode::config, context_of(plan) + " from " + path, "other users may read it",
                     "chmod 600 " + path};
    std::array<char, 4096 + 3> buffer{};  // more than may be handed over, and a line's end
    const auto n = ::read(fd.get(), buffer.data(), buffer.size());
    if (n < 0) return errno_error(context_of(plan) + " from " + path, errno);
    return first_line({buffer.data(), static_cast<std::size_t>(n)}, plan);
}

Result<std::string> from_command(const core::PlanSpec& plan) {
    Command command;
    command.argv = plan.passphrase.command;
    command.environment = plain_environment();
    Limits limits;
    limits.deadline = std::chrono::seconds{60};
    limits.capture_bytes = 4096 + 3;
    auto out = run_tool(command, limits, context_of(plan));
    if (!out) return out.error();
    return first_line(std::move(*out), plan);
}

Result<std::string> from_credential(const core::PlanSpec& plan) {
    const char* folder = std::getenv("CREDENTIALS_DIRECTORY");
    if (folder == nullptr)
        return Error{ErrorCode::config, context_of(plan), "there is no $CREDENTIALS_DIRECTORY",
                     fmt::format("add LoadCredential={} to the unit, or use passphrase_file",
                                 plan.passphrase.credential)};
    return from_file(std::string(folder) + "/" + plan.passphrase.credential, plan);
}

}  // namespace

Result<std::optional<std::string>> passphrase_of(const core::PlanSpec& plan) {
    if (plan.passphrase.empty()) return std::optional<std::string>{};
    auto got = !plan.passphrase.file.empty()      ? from_file(plan.passphrase.file, plan)
               : !plan.passphrase.command.empty() ? from_command(plan)
                                                  : from_credential(plan);
    if (!got) return got.error();
    return std::optional{std::move(*got)};
}

}  // namespace guardian::backup
