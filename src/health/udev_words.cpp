#include "health/udev_words.hpp"

#include <libudev.h>
#include <sys/sysmacros.h>

#include <memory>

#include "base/text.hpp"

namespace guardian::health {
namespace {

struct Unref {
    void operator()(udev* u) const { udev_unref(u); }
    void operator()(udev_device* d) const { udev_device_unref(d); }
};
template <class T>
using Handle = std::unique_ptr<T, Unref>;

std::string property(udev_device* d, const char* name) {
    const char* value = udev_device_get_property_value(d, name);
    return value == nullptr ? "" : printable(trim(value), 120);
}

}  // namespace

UdevWords udev_words(core::DeviceNumber number) {
    const Handle<udev> context{udev_new()};
    if (!context) return {};
    const Handle<udev_device> d{
        udev_device_new_from_devnum(context.get(), 'b', makedev(number.major, number.minor))};
    if (!d) return {};
    UdevWords out{property(d.get(), "ID_MODEL"), property(d.get(), "ID_SERIAL_SHORT"),
                  property(d.get(), "ID_WWN_WITH_EXTENSION")};
    if (out.wwn.empty()) out.wwn = property(d.get(), "ID_WWN");
    return out;
}

}  // namespace guardian::health
