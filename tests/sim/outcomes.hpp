#pragma once
/// The oracle's own reading of how a run ended, apart from core's. Pure.

#include "core/run.hpp"

namespace sim {

using guardian::core::Outcome;

inline bool any_outcome(Outcome) {
    return true;
}

/// An archive was named and every step came to its end.
inline bool good(Outcome o) {
    return o == Outcome::success || o == Outcome::warning;
}

/// Says something about the backup, good or bad.
inline bool says_something(Outcome o) {
    return good(o) || o == Outcome::failed || o == Outcome::refused || o == Outcome::aborted ||
           o == Outcome::vanished;
}

}  // namespace sim
