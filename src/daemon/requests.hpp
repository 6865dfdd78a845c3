#pragma once
/// What a line on the control socket asks for: parsing and permission, without carrying anything out. Pure.
///
/// Requests: {"op": "ping" | "status" | "reload"}, {"op": "run", "plan": P}, {"op": "eject", "target": T},
/// and from Guardian's own programs {"op": "launched", "plan": P} (by what was it started?), {"op":
/// "run-started", "run": N, "plan": P}, {"op": "run-ended", "plan": P, "text": WHY, "exit_code": N,
/// "held_by_health": B}, {"op":
/// "release-ended", "target": T, "text": WORDS, "exit_code": N}, {"op": "health-told", "subject": S, "text": LINES} (of a look:
/// what it could not keep), {"op": "drive-forgotten", "drive": ID}, {"op": "initialised", "target": T}. Answers:
/// {"ok": true, …} or {"ok": false, "code": C, "error": TEXT}, C one of usage, denied, busy, absent, refused,
/// failed.

#include <cstdint>
#include <string>

#include "base/result.hpp"
#include "daemon/control_server.hpp"

namespace guardian::daemon {

enum class Operation {
    ping,
    status,
    reload,
    run,
    eject,
    run_started,
    run_ended,
    launched,
    release_ended,
    initialised,
    health_told,
    drive_forgotten,  ///< a person says that it is out of use
    health_changed,  ///< a person accepted something
};

struct Request {
    Operation operation = Operation::ping;
    std::string name;  ///< the plan, the target, or the subject of a look
    std::int64_t run = 0;
    std::string text;    ///< for a person
    int exit_code = -1;  ///< of guardian(1)
    bool held_by_health = false;  ///< as in core::Run
};

/// Error codes: usage (not understood), denied (the peer may not ask for this).
[[nodiscard]] Result<Request> parse_request(const std::string& line, const Peer& peer);

[[nodiscard]] std::string refusal_answer(const Error& error);
/// {"ok": true, KEY: TEXT}
[[nodiscard]] std::string done_answer(const std::string& done);

}  // namespace guardian::daemon
