#pragma once
/// Comparing with the clock and remembering when the answer will change: whoever asks reached(t) for a moment
/// still to come has it counted among the moments to look again. So no deadline can be forgotten.

#include <algorithm>
#include <optional>

#include "base/time.hpp"

namespace guardian::core {

class Horizon {
  public:
    explicit Horizon(Time now) : now_(now) {}

    [[nodiscard]] bool reached(Time t) {
        if (t <= now_) return true;
        next_ = next_ ? std::min(*next_, t) : t;
        return false;
    }
    [[nodiscard]] Time now() const { return now_; }
    [[nodiscard]] std::optional<Time> next() const { return next_; }

  private:
    Time now_;
    std::optional<Time> next_;
};

}  // namespace guardian::core
