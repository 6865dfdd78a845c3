#pragma once
/// Errors as values. An Error says what was attempted on which object, why it did not work, and what the
/// person can do. Whoever handles an Error logs it, once. Exceptions of libraries are turned into Errors at
/// the edge that calls the library.

#include <boost/system/result.hpp>
#include <stdexcept>
#include <string>
#include <string_view>

namespace guardian {

enum class ErrorCode {
    usage,      ///< the request itself is wrong
    config,     ///< the configuration is wrong
    refused,    ///< a proof failed: nothing may be written
    absent,     ///< the device, file or share is not there
    busy,       ///< someone else holds it
    denied,     ///< permission
    timeout,    ///< it took longer than it may
    cancelled,  ///< a person or the system asked us to stop
    vanished,   ///< it was there and went away
    io,         ///< reading or writing failed
    external,   ///< another program failed
};

struct Error {
    ErrorCode code;
    std::string context;  ///< what was attempted, and on what: "cannot mount /dev/sdb1 on /mnt/backup"
    std::string reason;   ///< why it failed: "Structure needs cleaning"
    std::string remedy;   ///< what to do; empty when nothing sensible can be said

    /// "context: reason; remedy", in one line.
    [[nodiscard]] std::string text() const;
};

/// An Error of code `io` (or `denied`, `absent`, `busy` where errno says so) with errno's own words.
[[nodiscard]] Error errno_error(std::string context, int error_number);

template <class T = void>
using Result = boost::system::result<T, Error>;

[[noreturn]] inline void throw_exception_from_error(const Error& e, const boost::source_location&) {
    throw std::logic_error("unchecked error: " + e.text());
}

}  // namespace guardian
