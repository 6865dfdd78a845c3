/// What the health of the target's disk lets a run do.

#include "backup/health_gate.hpp"
#include "sample.hpp"

using namespace guardian;
using namespace guardian::backup;
using namespace guardian::core;
using namespace std::chrono_literals;

namespace {

HealthState found(Verdict verdict) {
    HealthState health;
    health.tried_at = Time{1h};
    DriveState d;
    d.id = d.name = "Disk S1";
    d.verdict = verdict;
    d.tried_at = health.tried_at;
    if (verdict == Verdict::unknown) d.trouble = "it does not answer";
    if (verdict == Verdict::watch || verdict == Verdict::failing)
        d.reasons = {{"pending-sectors", verdict, {}, "7 sectors cannot be read."}};
    health.drives = {d};
    return health;
}

struct Gate {
    explicit Gate(Verdict first, bool anyway = false) : answer{found(first)}, gate{target, [this] { return answer; }, anyway} {
        target.name = "usb";
        gate.look();
    }
    Gate(const Gate&) = delete;
    Gate& operator=(const Gate&) = delete;
    void then(Verdict verdict) {
        answer = found(verdict);
        gate.look();
    }
    TargetSpec target;
    HealthState answer;
    HealthGate gate;
};

}  // namespace

TEST_CASE("on a failing disk no run is made, and it is said how to make one all the same") {
    Gate g{Verdict::failing};
    CHECK(g.gate.refusal("system") ==
          "the health of disk usb is failing, and nothing is written to it: 7 sectors cannot be read. To make one backup "
          "all the same, without deleting anything: guardian run system --anyway");
}

TEST_CASE("a run that a person wants on a failing disk deletes nothing, and reads no more than it must") {
    Gate g{Verdict::failing, true};
    CHECK(g.gate.refusal("system").empty());
    CHECK(g.gate.withheld() == "the health of disk usb is failing: 7 sectors cannot be read.");
    CHECK_FALSE(g.gate.verifies_more());
}

TEST_CASE("on a disk to watch nothing old is deleted, and more is read again") {
    Gate g{Verdict::watch};
    CHECK(g.gate.refusal("system").empty());
    CHECK(g.gate.withheld() == "the health of disk usb is watch: 7 sectors cannot be read.");
    CHECK(g.gate.verifies_more());
}

TEST_CASE("on a disk of which nothing is known a run is made, and that is said") {
    Gate g{Verdict::unknown};
    CHECK(g.gate.refusal("system").empty());
    CHECK(g.gate.withheld().empty());
    CHECK(g.gate.words() == "its health is not known: it does not answer");
}

TEST_CASE("a disk that gets worse in mid-run is held to that from the next look on") {
    Gate g{Verdict::healthy};
    CHECK(g.gate.withheld().empty());
    CHECK(g.gate.words().empty());
    g.then(Verdict::watch);
    CHECK(g.gate.verifies_more());
    g.then(Verdict::failing);
    CHECK_FALSE(g.gate.verifies_more());
    CHECK_FALSE(g.gate.refusal("system").empty());
}

TEST_CASE("what was found bad once holds to the end of the run") {
    const auto better = GENERATE(Verdict::healthy, Verdict::watch, Verdict::unknown);
    Gate g{Verdict::failing};
    g.then(better);
    CHECK_FALSE(g.gate.refusal("system").empty());
    Gate watched{Verdict::watch};
    watched.then(Verdict::healthy);
    CHECK_FALSE(watched.gate.withheld().empty());
}

TEST_CASE("what was not known is known once it is told") {
    Gate g{Verdict::unknown};
    g.target.health.on_unknown = OnVerdict::keep;
    g.then(Verdict::unknown);
    CHECK_FALSE(g.gate.withheld().empty());
    g.then(Verdict::healthy);
    CHECK(g.gate.withheld().empty());
}

TEST_CASE("a disk that fails is no better for the run where both are treated alike") {
    Gate g{Verdict::healthy};
    g.target.health.on_failing = OnVerdict::keep;
    g.then(Verdict::failing);
    g.then(Verdict::watch);
    CHECK_FALSE(g.gate.verifies_more());
    CHECK(g.gate.words() == "its health is failing");
}

TEST_CASE("of the kernel's words, errors since a moment are told, and resets of USB are none") {
    Gate g{Verdict::healthy};
    g.answer.events = {{Time{1h}, KernelSign::io_error, "old"},
                       {Time{3h}, KernelSign::usb_reset, "reset"},
                       {Time{3h}, KernelSign::io_error, "I/O error, dev sdb\x1b[31m"}};
    g.gate.look();
    CHECK(g.gate.errors_since(Time{2h}) == "I/O error, dev sdb\\x1b[31m");
    CHECK(g.gate.errors_since(Time{4h}).empty());
}

TEST_CASE("errors that the filesystem noted before are told again each day, and did not come now") {
    Gate g{Verdict::healthy};
    const std::string noted = std::string(noted_errors) + " (2)";
    g.answer.events = {{Time{1h}, KernelSign::filesystem_error, noted}, {Time{3h}, KernelSign::filesystem_error, noted}};
    g.gate.look();
    CHECK(g.gate.errors_since(Time{2h}).empty());
    CHECK(g.gate.errors_since(Time{1h}) == noted);
    g.answer.events.back().text = std::string(noted_errors) + " (3)";
    g.gate.look();
    CHECK(g.gate.errors_since(Time{2h}) == std::string(noted_errors) + " (3)");
}

TEST_CASE("a share has no health that could hold a run") {
    TargetSpec share;
    share.type = TargetType::share;
    bool looked = false;
    HealthGate gate{share, [&] { return looked = true, found(Verdict::failing); }, false};
    gate.look();
    CHECK_FALSE(looked);
    CHECK(gate.refusal("system").empty());
    CHECK(gate.withheld().empty());
}
