#pragma once
/// Which incidents there should be, as the world is now; the difference to those that are open is what is
/// raised and ended. Pure.

#include <vector>

#include "core/decide.hpp"
#include "core/horizon.hpp"
#include "core/world.hpp"

namespace guardian::core {

/// Every incident that holds now.
[[nodiscard]] std::vector<Incident> incidents_now(const World& world, Horizon& horizon);

/// The words of a still_mounted incident.
[[nodiscard]] std::string still_mounted_text(std::string_view target, std::string_view reason);

void decide_incidents(const World& world, Horizon& horizon, std::vector<Decision>& out);

}  // namespace guardian::core
