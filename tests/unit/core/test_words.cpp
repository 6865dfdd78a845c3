/// The words of core: each has a name of its own, and is read back from it.

#include <set>

#include "core/horizon.hpp"
#include "core/run.hpp"
#include "core/spec.hpp"
#include "core/world.hpp"
#include "support/catch.hpp"
#include "unit/base/zone.hpp"

using namespace guardian;
using namespace guardian::core;
using namespace guardian::test;

namespace {

/// Every value up to the last: all names differ, and those that can be read back are.
template <class E>
void check_names(E last) {
    std::set<std::string_view> names;
    for (int i = 0; i <= static_cast<int>(last); ++i) names.insert(to_string(static_cast<E>(i)));
    CHECK(names.size() == static_cast<std::size_t>(last) + 1);
    CHECK(!names.contains(""));
}

template <class E, class From>
void check_read_back(E last, From from) {
    check_names(last);
    for (int i = 0; i <= static_cast<int>(last); ++i)
        CHECK(from(to_string(static_cast<E>(i))) == static_cast<E>(i));
    for (const auto* other : {"", "Success", "nothing", " success", "success "}) CHECK(!from(other));
}

}  // namespace

TEST_CASE("every word has a name of its own and is read back from it", "[words]") {
    check_read_back(Outcome::absent, outcome_from);
    check_read_back(Trigger::person, trigger_from);
    check_read_back(Step::release, step_from);
    check_read_back(IncidentKind::source_unknown, incident_kind_from);
    check_names(TargetType::share);
    check_names(WhenDone::power_off);
    check_names(OnPlug::never);
}

TEST_CASE("only a success and a warning satisfy a slot", "[words]") {
    for (int i = 0; i <= static_cast<int>(Outcome::absent); ++i) {
        const auto o = static_cast<Outcome>(i);
        CHECK(satisfies(o) == (o == Outcome::success || o == Outcome::warning));
        CHECK(tells(o) == (o != Outcome::running && o != Outcome::cancelled && o != Outcome::absent));
    }
}

TEST_CASE("nothing is kept only where every count is zero", "[words]") {
    CHECK(Keep{}.empty());
    CHECK(!Keep{.last = 0, .hourly = 0, .daily = 0, .weekly = 0, .monthly = 0, .yearly = 1}.empty());
    // A sum would wrap around to zero.
    CHECK(!Keep{.last = ~0U, .hourly = 1, .daily = 0, .weekly = 0, .monthly = 0, .yearly = 0}.empty());
}

TEST_CASE("a passphrase has a source as soon as one is named", "[words]") {
    CHECK(PassphraseSource{}.empty());
    PassphraseSource file, command, credential;
    file.file = "/etc/pass";
    command.command = {"/usr/bin/pass"};
    credential.credential = "borg";
    CHECK(!file.empty());
    CHECK(!command.empty());
    CHECK(!credential.empty());
}

TEST_CASE("the configuration finds by name", "[words]") {
    Config c;
    c.targets.emplace_back().name = "usb";
    c.jobs.emplace_back().name = "home";
    c.plans.emplace_back().name = "home-usb";
    CHECK(c.target("usb") == &c.targets[0]);
    CHECK(c.job("home") == &c.jobs[0]);
    CHECK(c.plan("home-usb") == &c.plans[0]);
    CHECK(c.target("home") == nullptr);
    CHECK(c.job("") == nullptr);
    CHECK(c.plan("usb") == nullptr);
}

TEST_CASE("an incident's key is its kind and its subject", "[words]") {
    CHECK(Incident{IncidentKind::still_mounted, "usb", "x"}.key() == "still-mounted:usb");
    CHECK(Incident{IncidentKind::stale, "usb", "x"}.key() !=
          Incident{IncidentKind::failed, "usb", "x"}.key());
}

TEST_CASE("the horizon is the earliest moment asked for that is still to come", "[words]") {
    const auto now = utc(2026, 3, 10);
    Horizon h{now};
    CHECK(!h.next());
    CHECK(h.reached(now));
    CHECK(h.reached(Time::min()));
    CHECK(!h.next());
    CHECK(!h.reached(Time::max()));
    CHECK(!h.reached(now + std::chrono::microseconds{1}));
    CHECK(!h.reached(now + std::chrono::hours{1}));
    CHECK(h.next() == now + std::chrono::microseconds{1});
    CHECK(h.now() == now);
}
