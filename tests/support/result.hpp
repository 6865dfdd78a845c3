#pragma once
/// So that a failing CHECK on a Result shows the Error's words.

#include "base/result.hpp"
#include "support/catch.hpp"

namespace Catch {
template <class T>
struct StringMaker<boost::system::result<T, guardian::Error>> {
    static std::string convert(const boost::system::result<T, guardian::Error>& r) {
        return r ? "a value" : r.error().text();
    }
};
}  // namespace Catch
