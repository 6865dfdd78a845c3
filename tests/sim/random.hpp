#pragma once
/// The simulator's only source of chance: splitmix64, so that a seed gives the same life on every machine and
/// with every standard library. Never touches the clock or the system's randomness.

#include <cstdint>
#include <vector>

#include "base/time.hpp"

namespace sim {

class Random {
  public:
    /// Mixed, because each step adds the same number: neighbouring seeds would otherwise be one life, begun a
    /// moment later.
    explicit Random(std::uint64_t seed) : state_(mixed(seed)) {}

    std::uint64_t next() {
        state_ += 0x9E3779B97F4A7C15ULL;
        return mixed(state_);
    }

    static std::uint64_t mixed(std::uint64_t z) {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
        return z ^ (z >> 31);
    }

    /// Both ends included.
    std::int64_t between(std::int64_t low, std::int64_t high) {
        return low + static_cast<std::int64_t>(next() % static_cast<std::uint64_t>(high - low + 1));
    }
    bool percent(int chance) { return between(0, 99) < chance; }
    guardian::Duration span(guardian::Duration low, guardian::Duration high) {
        return guardian::Duration{between(low.count(), high.count())};
    }
    template <class T>
    const T& pick(const std::vector<T>& all) {
        return all[static_cast<std::size_t>(between(0, static_cast<std::int64_t>(all.size()) - 1))];
    }

  private:
    std::uint64_t state_;
};

}  // namespace sim
