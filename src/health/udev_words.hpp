#pragma once
/// What udev's database says of a drive: read from files, the device itself is not opened. Empty where udev
/// is not there or has not described it.

#include <string>

#include "core/world.hpp"

namespace guardian::health {

struct UdevWords {
    std::string model;   ///< ID_MODEL
    std::string serial;  ///< ID_SERIAL_SHORT
    std::string wwn;     ///< ID_WWN_WITH_EXTENSION, else ID_WWN
};

[[nodiscard]] UdevWords udev_words(core::DeviceNumber number);

}  // namespace guardian::health
