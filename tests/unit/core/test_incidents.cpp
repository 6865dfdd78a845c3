/// Incidents: each kind raised, given its new text, ended once; and nobody's words are believed to be
/// harmless.

#include <set>

#include "core/incidents.hpp"
#include "unit/core/scene.hpp"

using namespace guardian;
using namespace guardian::test;

namespace {

std::string text_of(const Scene& s, const std::string& key) {
    for (const auto& d : s.decided().now)
        if (const auto* r = std::get_if<RaiseIncident>(&d))
            if (r->incident.key() == key) return r->incident.text;
    return "";
}

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

/// A run that ended so, then everything there is to say about it.
Words after(Scene& s, Outcome outcome, const std::string& reason = "no space left") {
    s.run(outcome, "system", reason);
    return s.settle_incidents();
}

}  // namespace

TEST_CASE("nothing wrong, nothing said", "[incidents]") {
    Scene s;
    CHECK(s.settle_incidents().empty());
    s.plug();
    s.run(Outcome::success);
    CHECK(s.settle_incidents().empty());
}

TEST_CASE("ambiguous: raised while two devices carry the UUID", "[incidents]") {
    Scene s;
    s.plug({device("/dev/sdc1", "plug-2"), device()});
    CHECK(text_of(s, "ambiguous:usb").starts_with("/dev/sdb1 and /dev/sdc1 carry the same UUID UUID-USB"));
    CHECK(s.settle_incidents() == Words{"raise ambiguous:usb"});
    CHECK(s.settle_incidents().empty());
    s.plug({device(), device("/dev/sdc1", "plug-2")});  // the order of enumeration says nothing new
    CHECK(s.settle_incidents().empty());
    s.plug({device()});
    CHECK(s.settle_incidents() == Words{"end ambiguous:usb"});
    CHECK(s.settle_incidents().empty());
}

TEST_CASE("ambiguous: a third device gives it a new text", "[incidents]") {
    Scene s;
    s.plug({device(), device("/dev/sdc1", "plug-2")});
    (void)s.settle_incidents();
    s.plug({device(), device("/dev/sdc1", "plug-2"), device("/dev/sdd1", "plug-3")});
    CHECK(s.settle_incidents() == Words{"raise ambiguous:usb"});
    CHECK(contains(s.world.open.at("ambiguous:usb").text,
                   "/dev/sdb1 and /dev/sdc1 and /dev/sdd1 carry the same UUID UUID-USB"));
    s.pull();
    CHECK(s.settle_incidents() == Words{"end ambiguous:usb"});
}

TEST_CASE("refused: never initialised, with what to do", "[incidents]") {
    Scene s;
    s.usb().pinned_at.reset();
    CHECK(s.settle_incidents().empty());
    s.plug();
    CHECK(contains(text_of(s, "refused:usb"), "guardian init usb"));
    CHECK(s.settle_incidents() == Words{"raise refused:usb"});
    s.usb().pinned_at = s.now;
    CHECK(s.settle_incidents() == Words{"end refused:usb"});
}

TEST_CASE("refused: another serial names both", "[incidents]") {
    Scene s;
    s.usb().spec.serial = "S2";
    s.plug();
    CHECK(contains(text_of(s, "refused:usb"), "\"S1\" and not \"S2\""));
    CHECK(s.settle_incidents() == Words{"raise refused:usb"});
    s.pull();
    CHECK(s.settle_incidents() == Words{"end refused:usb"});
}

TEST_CASE("refused: a run's reason is the text, until the disk is pulled", "[incidents]") {
    Scene s;
    s.plug();
    CHECK(after(s, Outcome::refused, "it has no marker") ==
          Words{"raise refused:usb", "raise failed:system"});
    CHECK(s.world.open.at("refused:usb").text == "it has no marker");
    s.unmount();
    s.pull();
    CHECK(s.settle_incidents() == Words{"end refused:usb"});
}

TEST_CASE("failed: for each bad outcome, with its reason and where to read on", "[incidents]") {
    const auto outcome = GENERATE(Outcome::failed, Outcome::aborted, Outcome::vanished);
    Scene s;
    s.plug();
    CHECK(after(s, outcome) == Words{"raise failed:system"});
    const auto& text = s.world.open.at("failed:system").text;
    CHECK(contains(text, "no space left"));
    CHECK(contains(text, "guardian log 1"));
    CHECK(s.settle_incidents().empty());
}

TEST_CASE("failed: the next failure gives it a new text, a success ends it once", "[incidents]") {
    Scene s;
    s.plug();
    (void)after(s, Outcome::failed);
    CHECK(after(s, Outcome::failed, "repository is locked") == Words{"raise failed:system"});
    CHECK(contains(s.world.open.at("failed:system").text, "repository is locked"));
    CHECK(after(s, GENERATE(Outcome::success, Outcome::warning)) == Words{"end failed:system"});
    CHECK(s.settle_incidents().empty());
}

TEST_CASE("failed: neither a cancelled run nor an absent target makes or ends it", "[incidents]") {
    const auto quiet = GENERATE(Outcome::cancelled, Outcome::absent);
    Scene s;
    s.plug();
    CHECK(after(s, quiet).empty());
    CHECK(after(s, Outcome::failed) == Words{"raise failed:system"});
    CHECK(after(s, quiet).empty());
    CHECK(s.world.open.contains("failed:system"));
}

TEST_CASE("failed: each plan has its own", "[incidents]") {
    Scene s;
    s.add_plan("home");
    s.plug();
    CHECK(after(s, Outcome::failed) == Words{"raise failed:system"});
    s.run(Outcome::failed, "home");
    CHECK(s.settle_incidents() == Words{"raise failed:home"});
    s.run(Outcome::success, "home");
    CHECK(s.settle_incidents() == Words{"end failed:home"});
}

TEST_CASE("held_back: a success whose prune was withheld, until the next without", "[incidents]") {
    Scene s;
    s.plug();
    auto run = s.begin();
    s.mount();
    run.held_back = "the source shrank by 80 %";
    s.end(run, Outcome::success);
    CHECK(contains(text_of(s, "held-back:system"), "the source shrank by 80 %"));
    CHECK(s.settle_incidents() == Words{"raise held-back:system"});
    CHECK(after(s, Outcome::success) == Words{"end held-back:system"});
}

TEST_CASE("stale: from the moment the newest success is too old, not before", "[incidents]") {
    Scene s;
    s.plan().spec.stale_after = hours{30};
    s.plug();
    s.run(Outcome::success);
    s.release();
    s.pull();
    s.pass(hours{30} - std::chrono::microseconds{1});
    CHECK(s.settle_incidents().empty());
    s.pass(std::chrono::microseconds{1});
    const auto text = text_of(s, "stale:system");
    CHECK(contains(text, "the last is of 2026-03-10 12:00"));
    CHECK(contains(text, "no backup system for more than 1 d 6 h"));
    CHECK(contains(text, "last seen on 2026-03-10 12:00"));
    CHECK(s.settle_incidents() == Words{"raise stale:system"});
    s.pass(hours{48});
    CHECK(s.settle_incidents().empty());
}

TEST_CASE("stale: a failed run does not end it, a success does", "[incidents]") {
    Scene s;
    s.plan().spec.stale_after = hours{30};
    s.plan().known_since = s.now - hours{30};
    s.plug();
    CHECK(contains(text_of(s, "stale:system"), "was ever made"));
    CHECK(s.settle_incidents() == Words{"raise stale:system"});
    CHECK(after(s, Outcome::failed) == Words{"raise failed:system"});
    const auto ended = after(s, Outcome::success);
    CHECK(std::set<std::string>(ended.begin(), ended.end()) ==
          std::set<std::string>{"end failed:system", "end stale:system"});
}

TEST_CASE("stale: a plan never told apart from a new one is not stale, nor one without a limit",
          "[incidents]") {
    Scene s;
    s.plan().spec.stale_after = hours{1};
    s.pass(hours{1000});
    CHECK(s.settle_incidents().empty());  // nobody knows since when it has been there
    s.plan().known_since = s.now - hours{1000};
    s.plan().spec.stale_after = Duration::zero();
    CHECK(s.settle_incidents().empty());
}

TEST_CASE("stale: says where the target is", "[incidents]") {
    Scene s;
    s.plan().spec.stale_after = hours{1};
    s.plan().known_since = s.now - hours{2};
    CHECK(contains(text_of(s, "stale:system"), "disk usb has never been seen"));
    s.plug();
    CHECK(contains(text_of(s, "stale:system"), "disk usb is plugged in"));
    s.use_share_only();
    s.plan("photos").spec.stale_after = hours{1};
    s.plan("photos").known_since = s.now - hours{2};
    CHECK(contains(text_of(s, "stale:photos"), "share nas"));
    s.plan("photos").spec.target = "gone";
    CHECK(text_of(s, "stale:photos").ends_with("none was ever made"));
}

TEST_CASE("stale: a success dated in the future does not hide it", "[incidents]") {
    Scene s;
    s.plan().spec.stale_after = hours{30};
    s.plan().known_since = s.now - hours{300};
    s.plug();
    s.pass(hours{24 * 3650});
    s.run(Outcome::success);
    s.pass(-hours{24 * 3650});
    CHECK(s.settle_incidents() == Words{"raise stale:system"});
}

TEST_CASE("still_mounted: who holds it, and its end", "[incidents]") {
    Scene s;
    s.plug();
    s.run(Outcome::success);
    s.fail_release("held by less (12)");
    CHECK(contains(text_of(s, "still-mounted:usb"), "held by less (12)"));
    CHECK(s.settle_incidents() == Words{"raise still-mounted:usb"});
    s.fail_release("held by less (12)");
    CHECK(s.settle_incidents().empty());
    s.fail_release("held by bash (13)");
    CHECK(s.settle_incidents() == Words{"raise still-mounted:usb"});
    s.release();
    CHECK(s.settle_incidents() == Words{"end still-mounted:usb"});
}

TEST_CASE("still_mounted: not said of the next mount, after a person unmounted it", "[incidents]") {
    Scene s;
    s.plug();
    s.run(Outcome::success);
    s.fail_release();
    CHECK(s.settle_incidents() == Words{"raise still-mounted:usb"});
    s.unmount();
    s.mount();
    CHECK(s.settle_incidents() == Words{"end still-mounted:usb"});
}

TEST_CASE("dead_mount: the device is gone, its mount is not", "[incidents]") {
    Scene s;
    s.plug();
    s.mount();
    s.pull();
    CHECK(contains(text_of(s, "dead-mount:usb"), "/mnt/backup"));
    CHECK(s.settle_incidents() == Words{"raise dead-mount:usb"});
    s.release();
    CHECK(s.settle_incidents() == Words{"end dead-mount:usb"});
}

TEST_CASE("store, configuration and no-udevd: what the daemon itself noticed, raised and ended alike",
          "[incidents]") {
    const auto kind = GENERATE(IncidentKind::store, IncidentKind::configuration, IncidentKind::no_udevd);
    Scene s;
    Incident notice{kind, "it", "broken"};
    s.world.notices[notice.key()] = notice;
    CHECK(s.settle_incidents() == Words{"raise " + notice.key()});
    CHECK(s.settle_incidents().empty());
    s.world.notices[notice.key()].text = "still broken";
    CHECK(s.settle_incidents() == Words{"raise " + notice.key()});
    s.world.notices.clear();
    CHECK(s.settle_incidents() == Words{"end " + notice.key()});
    CHECK(s.settle_incidents().empty());
}

TEST_CASE("an open incident of a target or plan that is no more is ended", "[incidents]") {
    Scene s;
    s.plug();
    (void)after(s, Outcome::failed);
    s.config.plans.clear();
    s.config.targets.clear();
    s.reload();
    CHECK(s.settle_incidents() == Words{"end failed:system"});
}

TEST_CASE("after a restart the open incidents of the store are neither raised again nor forgotten",
          "[incidents]") {
    Scene s;
    s.plug();
    (void)after(s, Outcome::failed);
    Scene restarted;
    restarted.world.open = s.world.open;
    restarted.plug();
    restarted.run(Outcome::failed, "system", "no space left");
    CHECK(restarted.settle_incidents().empty());
}

TEST_CASE("hostile words reach the text only escaped, and cut", "[incidents]") {
    const std::string evil = "\x1b[2J\r\nBcc: x@y\x07\xff\xc2\x9b\xe2\x80\xae" + std::string(5000, 'A');
    Scene s;
    s.plan().spec.stale_after = hours{1};
    auto d = device(evil, "plug-1");
    std::string key;
    SECTION("a device's name, never initialised") {
        key = "refused:usb";
        s.usb().pinned_at.reset();
        s.plug({d});
    }
    SECTION("a device's name, twice") {
        key = "ambiguous:usb";
        s.plug({d, device()});
    }
    SECTION("a serial") {
        key = "refused:usb";
        d.node = "/dev/sdb1";
        d.serial = d.serial_full = evil;
        s.usb().spec.serial = evil + "!";
        s.plug({d});
    }
    SECTION("why a run was refused") {
        key = "refused:usb";
        s.plug();
        s.run(Outcome::refused, "system", evil);
    }
    SECTION("why a run failed") {
        key = "failed:system";
        s.plug();
        s.run(Outcome::failed, "system", evil);
    }
    SECTION("why prune was withheld") {
        key = "held-back:system";
        s.plug();
        auto run = s.begin();
        s.mount();
        run.held_back = evil;
        s.end(run, Outcome::success);
    }
    SECTION("who holds the mount") {
        key = "still-mounted:usb";
        s.plug();
        s.run(Outcome::success);
        s.fail_release(evil);
    }
    SECTION("where it is mounted") {
        key = "dead-mount:usb";
        s.plug();
        s.usb().spec.mount = evil;
        s.mount({mount_of(device(), evil)});
        s.pull();
    }
    const auto text = text_of(s, key);
    CAPTURE(key, text);
    CHECK(contains(text, "\\x1b"));
    CHECK(text.size() < 2500);
    for (const unsigned char c : text) CHECK((c >= 0x20 && c != 0x7F));
    CHECK(!contains(text, "\xff"));
    CHECK(!contains(text, "\xc2\x9b"));
    CHECK(!contains(text, "\xe2\x80\xae"));
}

TEST_CASE("a slot that is not satisfied within its grace is missed, until a backup is there",
          "[incidents][missed]") {
    Scene s;
    s.plug();
    s.run(Outcome::cancelled);
    s.release();
    (void)s.settle_incidents();
    s.pass(minutes{59});
    CHECK(s.settle_incidents().empty());
    s.pass(minutes{1});
    CHECK(s.settle_incidents() == Words{"raise missed:system"});
    CHECK(s.world.open.at("missed:system").text ==
          "the backup system of 2026-03-10 02:00 was not made, though disk usb was there");
    s.pull();
    CHECK(s.settle_incidents().empty());
    s.now = utc(2026, 3, 11, 2);
    CHECK(s.settle_incidents().empty());  // the next slot, as little satisfied
    s.plug();
    s.run(Outcome::success);
    CHECK(s.settle_incidents() == Words{"end missed:system"});
}

TEST_CASE("nothing is missed while the target is away or not proven", "[incidents][missed]") {
    Scene s;
    SECTION("away") {}
    SECTION("never initialised") {
        s.plug();
        s.usb().pinned_at.reset();
    }
    s.pass(hours{20});
    for (const auto& key : s.settle_incidents()) CHECK(key != "raise missed:system");
}

TEST_CASE("missed: the disk was ejected and never pulled, and the text says so", "[incidents][missed]") {
    Scene s;
    s.plug();
    s.run(Outcome::success);
    s.release();
    eject_asked(s.world, "usb");
    s.release();
    s.pass(hours{48});
    CHECK(contains(text_of(s, "missed:system"), "it was ejected. Plug it in anew, or: guardian run system"));
    CHECK(s.settle_incidents() == Words{"raise missed:system"});
}

TEST_CASE("what is about to be run, or waits for its turn, is not missed", "[incidents][missed]") {
    Scene s;
    s.add_plan("home");
    s.plug();
    s.now = utc(2026, 3, 11, 9);  // the machine slept over both slots
    CHECK(s.decisions() == Words{"start system"});
    const auto run = s.begin("system");
    CHECK(s.settle_incidents().empty());
    s.pass(hours{3});
    CHECK(s.settle_incidents().empty());
    s.end(run, Outcome::success);
    CHECK(s.decisions() == Words{"start home"});
}

TEST_CASE("the grace begins when the timer's delay is over", "[incidents][missed]") {
    Scene s;
    s.plan().spec.random_delay = hours{2};
    s.plug();
    s.run(Outcome::success);
    s.release();
    s.now = utc(2026, 3, 11, 2);
    (void)s.settle_incidents();
    s.pass(minutes{119});
    CHECK(s.settle_incidents().empty());
    s.plan().last_run->outcome = Outcome::cancelled;
    s.plan().last_run->started = s.now;
    s.pass(minutes{60});
    CHECK(s.settle_incidents().empty());
    s.pass(minutes{1});
    CHECK(s.settle_incidents() == Words{"raise missed:system"});
}

TEST_CASE("a disk that came after the slot has its grace from then on", "[incidents][missed]") {
    Scene s;
    s.plan().spec.grace = hours{3};
    s.now = utc(2026, 3, 10, 22);
    s.plug();
    s.run(Outcome::cancelled);
    s.release();
    s.pass(hours{2});
    CHECK(s.settle_incidents().empty());
    s.pass(hours{1});
    CHECK(s.settle_incidents() == Words{"raise missed:system"});
}

TEST_CASE("no two incidents have one key", "[incidents]") {
    Scene s;
    s.add_plan("home");
    s.plan().spec.stale_after = s.plan("home").spec.stale_after = hours{1};
    s.plan().known_since = s.plan("home").known_since = s.now - hours{2};
    s.plug();
    s.run(Outcome::refused);
    s.run(Outcome::failed, "home");
    s.fail_release();
    Horizon horizon{s.now};
    std::set<std::string> keys;
    const auto all = incidents_now(s.world, horizon);
    for (const auto& i : all) keys.insert(i.key());
    CHECK(all.size() >= 4);
    CHECK(keys.size() == all.size());
}
