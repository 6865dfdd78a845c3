#pragma once
/// Looks at the drives below some devices: reads each, judges it by its own history, and keeps what it told in the
/// store. In a probe: it may hang for as long as a dying disk does. Never wakes a drive.

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/smart.hpp"
#include "health/reader.hpp"
#include "store/store.hpp"

namespace guardian::health {

/// One drive, and by which name the store knows it.
struct KnownDrive {
    Drive drive;
    std::string key;          ///< attachment_key(); may be empty
    std::string device_type;  ///< as it worked before; empty: not known
    std::string id;           ///< empty: it never told who it is
    /// More than one drive was met at that place, as in a dock that has a serial of its own: while it tells nothing, nobody
    /// knows which it is.
    bool one_of_several = false;
    /// It was met at that place, but the filesystem on it was on another drive: while it tells nothing, nobody knows either.
    bool may_be_another = false;
};

/// For a drive that never told who it is: what sysfs and udev say, which may be its bridge's. Empty: they say nothing.
[[nodiscard]] std::string identity_from_outside(const Drive& drive);

/// By the store alone.
[[nodiscard]] KnownDrive known_drive(store::Store& store, const Drive& drive);
/// By sysfs and the store alone: nothing is asked.
[[nodiscard]] Result<std::vector<KnownDrive>> known_drives(store::Store& store,
                                                           const std::vector<core::DeviceNumber>& devices);

/// What came of asking a drive, and could not be kept, because the store cannot be written.
struct Unkept {
    std::string drive;            ///< its id
    core::Assessment assessment;  ///< unknown: it told nothing, for its only reason
    bool asleep = false;
};

struct Seen {
    std::string subject;                ///< what the drives are looked at for, as in the store; empty: themselves
    std::size_t below = 0;              ///< as many drives are there
    std::set<std::string> drives;       ///< ids, also of those that told nothing now
    std::vector<KnownDrive> told;       ///< those that told something
    std::vector<std::string> troubles;  ///< a line for each that told nothing
    std::set<std::string> answered;     ///< ids of all that told something
    std::size_t silent = 0;             ///< those that did not
    std::size_t unnamed = 0;            ///< those of which nobody knows which drives they are
    bool asleep = false;                ///< and one of these sleeps
    std::vector<Unkept> unkept;
};
/// One that told something and does not say who it is has an id by what it is below: the only drive below usb is
/// "unnamed:usb", one beside others "unnamed:usb:1". No history is made of it: the next one may be another.
[[nodiscard]] std::string unnamed_id(const std::string& subject, std::size_t below, std::size_t which);
[[nodiscard]] bool is_unnamed(std::string_view id);

/// One of them, whose id it may come to know.
Result<> look_at_drive(store::Store& store, KnownDrive& k, const std::string& smartctl, Time now, Seen& seen);
/// Whether the drive that was met at a place may be another now, because what is on it, `subject`, was on others: a
/// filesystem tells better which drive it is than the serial of a dock. `all`: by subject, what was seen before.
[[nodiscard]] bool may_be_another(const store::TargetDrives& all, const std::string& subject, const std::string& drive);
/// `subject`: the target or the sources that are on the devices, as in the store. `smartctl`: its path; empty: looked for.
[[nodiscard]] Result<Seen> look_at(store::Store& store, const std::string& subject,
                                   const std::vector<core::DeviceNumber>& devices, const std::string& smartctl, Time now);

/// How many errors the ext4 filesystem on the device has noted in itself, by sysfs; 0: none, or another filesystem.
[[nodiscard]] std::uint64_t filesystem_errors(const core::Device& device, const std::string& sysfs = "/sys");

}  // namespace guardian::health
