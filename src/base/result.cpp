#include "base/result.hpp"

#include <cerrno>
#include <cstring>

namespace guardian {

std::string Error::text() const {
    std::string out = context;
    if (!reason.empty()) out += (out.empty() ? "" : ": ") + reason;
    if (!remedy.empty()) out += (out.empty() ? "" : "; ") + remedy;
    return out;
}

namespace {
ErrorCode code_of(int error_number) {
    if (error_number == EACCES || error_number == EPERM) return ErrorCode::denied;
    if (error_number == ENOENT || error_number == ENODEV || error_number == ENXIO) return ErrorCode::absent;
    if (error_number == EBUSY) return ErrorCode::busy;
    return ErrorCode::io;
}
}  // namespace

Error errno_error(std::string context, int error_number) {
    return {code_of(error_number), std::move(context), std::strerror(error_number), ""};
}

}  // namespace guardian
