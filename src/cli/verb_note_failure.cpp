/// guardian note-failure UNIT: what OnFailure= of Guardian's units starts.

#include <cstdio>

#include "base/text.hpp"
#include "cli/verbs.hpp"
#include "control/client.hpp"
#include "store/store.hpp"

namespace guardian::cli {

int note_failure(const Globals& globals, const std::string& unit) {
    // A broken configuration may be the very reason: then what it would say is where it is by default.
    const auto loaded = load_config(globals);
    const auto config = loaded ? *loaded : core::Config{};
    const auto name = printable(unit, 200);
    // It has seen its run fail, and knows more.
    if (unit.starts_with("guardian-run@") &&
        control::request(config.runtime_dir, R"({"op":"ping"})", std::chrono::seconds{10}))
        return ok;
    auto store = store::Store::open_for_writing(config.store_dir());
    const core::Incident incident{
        core::IncidentKind::unit, name,
        fmt::format("systemd's unit {} failed; journalctl --unit {} says why{}", name, name,
                    unit == "guardian.service"
                        ? ". No disk is watched until it runs: systemctl restart guardian"
                        : "")};
    fmt::print(stderr, "{}\n", incident.text);
    const auto done = store.raise_incident(incident, now());
    return done ? int{ok} : complain(done.error());
}

}  // namespace guardian::cli
