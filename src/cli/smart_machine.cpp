#include "cli/smart_machine.hpp"

#include <fmt/format.h>

#include "base/child.hpp"
#include "base/text.hpp"
#include "health/smartctl.hpp"

namespace guardian::cli {
namespace {

std::vector<health::KnownDrive> drives_here(store::Store& store) {
    auto drives = health::known_drives(store, health::all_disks());
    return drives ? std::move(*drives) : std::vector<health::KnownDrive>{};
}

Result<std::string> smartctl_of(const core::Config& config) {
    if (!config.smartctl.empty()) return config.smartctl;
    auto found = find_program("smartctl");
    if (!found) found.error().remedy = "apt-get install smartmontools";
    return found;
}

}  // namespace

std::set<std::string> attached_drives(store::Store& store) {
    std::set<std::string> ids;
    for (const auto& k : drives_here(store))
        if (auto id = k.id.empty() && !k.one_of_several ? health::identity_from_outside(k.drive) : k.id; !id.empty())
            ids.insert(std::move(id));
    return ids;
}

std::string drive_at(store::Store& store, const std::string& node) {
    for (const auto& k : drives_here(store))
        if (k.drive.node == node) return k.id;
    return "";
}

Result<std::string> begin_self_test(store::Store& store, const core::Config& config, const health::KnownDrive& k,
                                    bool extended, const health::AtaWays& ata) {
    const auto smartctl = smartctl_of(config);
    if (!smartctl) return smartctl.error();
    if (!health::said_asleep_by({k.drive, k.device_type, *smartctl}, ata).empty())
        return Error{ErrorCode::busy, fmt::format("cannot start the self-test of {}", k.drive.node),
                     "it sleeps, and is not woken for it", "try again while it is in use"};
    const auto done = health::start_self_test({k.drive, *smartctl, k.device_type},
                                              extended ? health::SelfTestKind::extended : health::SelfTestKind::short_test);
    if (!done) return done.error();
    const auto record = store.drive(k.id);
    store::SelfTestRecord test;
    test.extended = extended;
    test.started = now();
    if (record && *record) test.hours = (*record)->signs[core::Sign::hours];
    if (const auto begun = store.begin_self_test(k.id, test); !begun) return begun.error();
    return fmt::format("its {} self-test has begun; guardian smart {} shows how it ends",
                       extended ? "long" : "short", printable(k.id, 120));
}

Result<std::string> start_self_test(store::Store& store, const core::Config& config, const std::string& drive,
                                    bool extended) {
    auto here = drives_here(store);
    for (const auto& k : here)
        if (k.id == drive) return begin_self_test(store, config, k, extended);
    // At a place that tells nothing of its own, or where several were met, the drive itself must say who it is.
    for (auto& k : here) {
        if (!k.id.empty()) continue;
        health::Seen seen;
        (void)health::look_at_drive(store, k, config.smartctl, now(), seen);
        if (k.id == drive && !seen.told.empty()) return begin_self_test(store, config, k, extended);
    }
    return Error{ErrorCode::absent, "cannot start the self-test", "the drive is not plugged in", "plug it in"};
}

}  // namespace guardian::cli
