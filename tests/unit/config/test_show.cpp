#include <random>

#include "base/text.hpp"
#include "sample.hpp"
#include "support/catch.hpp"

using namespace guardian;
using namespace guardian::config;
using core::Config;

namespace {

/// Makes right configurations from a seed, with awkward but allowed strings in them.
class Maker {
  public:
    explicit Maker(unsigned seed) : random_(seed) {}

    Config make() {
        Config c;
        c.name = "host-" + number(9);
        c.state_dir = path();
        c.runtime_dir = path();
        if (coin()) c.borg = path();
        for (int i = 0; i < 3; ++i) c.targets.push_back(target(i));
        for (int i = 0; i < 3; ++i) c.jobs.push_back(job(i));
        for (int i = 0; i < 5; ++i) c.plans.push_back(plan(i));
        return c;
    }

  private:
    int below(int n) { return static_cast<int>(random_() % static_cast<unsigned>(n)); }
    bool coin() { return below(2) == 0; }
    std::string number(int n) { return std::to_string(below(n)); }

    std::string word() {
        static const std::vector<std::string> words{
            "a",    "b c", "quo\"te",  "back\\slash",        "ü…",
            "'x'",  "#",   "re:^/.*$", "\xE2\x80\xAEtrojan", "\xF0\x9F\x92\xBE",
            "[]={}"};
        return words[static_cast<std::size_t>(below(static_cast<int>(words.size())))] + number(100);
    }
    std::string path() { return "/" + word() + (coin() ? "/" + word() : ""); }

    core::TargetSpec target(int i) {
        core::TargetSpec t;
        t.name = "t" + std::to_string(i);
        t.mount = "/mnt/a\"b" + t.name;
        t.when_done = coin() ? core::WhenDone::keep : core::WhenDone::unmount;
        if (coin()) {
            t.uuid = "123" + std::to_string(i) + "-ABCD";
            t.when_done = coin() ? core::WhenDone::power_off : t.when_done;
            if (coin()) t.serial = word();
        } else {
            t.type = core::TargetType::share;
            t.answers_at = coin() ? "nas.lan:445" : "[fd00::5]:22";
            if (coin()) t.source = coin() ? "//nas/" + word() : "nas:/export/@" + word();
        }
        return t;
    }

    core::JobSpec job(int i) {
        core::JobSpec j;
        j.name = "j" + std::to_string(i);
        j.paths = {path(), path()};
        if (coin()) j.exclude = {word(), word()};
        j.exclude_caches = coin();
        j.one_file_system = coin();
        j.compression = coin() ? "auto,zstd,3" : "none";
        return j;
    }

    core::PlanSpec plan(int i) {
        core::PlanSpec p;
        p.name = "p" + std::to_string(i);
        p.job = "j" + number(3);
        p.target = "t" + number(3);
        p.repository = "r" + std::to_string(i) + "/x \"y\"";
        p.schedule = *core::Schedule::parse(coin() ? "Mon..Fri 22:30" : "hourly");
        if (coin()) p.stale_after = Duration{1 + static_cast<std::int64_t>(random_()) * 1'000};
        p.keep = {static_cast<unsigned>(below(9)), 0, static_cast<unsigned>(below(9)), 1, 2, 10'000};
        p.on_plug = coin() ? core::OnPlug::always : core::OnPlug::never;
        if (coin()) {
            p.encryption = "repokey-blake2";
            (coin() ? p.passphrase.file : p.passphrase.credential) = coin() ? "/x" : "/y";
            if (!p.passphrase.credential.empty()) p.passphrase.credential = "cred." + number(9);
        }
        p.min_free = random_();
        p.silence_max = std::chrono::seconds{1} + Duration{random_()};
        return p;
    }

    std::mt19937 random_;
};

}  // namespace

TEST_CASE("what show() prints is read back as the same configuration") {
    for (unsigned seed = 0; seed < 200; ++seed) {
        const auto config = Maker(seed).make();
        const auto shown = show(config);
        const auto loaded = load_text(shown, "shown");
        INFO("seed " << seed << "\n" << shown << sample::all_text(loaded));
        REQUIRE(loaded.ok());
        REQUIRE(loaded.config == config);
    }
}

TEST_CASE("show() fills the defaults in") {
    const auto shown = show(sample::load(sample::text()).config);
    for (const auto* line :
         {"state_dir = \"/var/lib/guardian\"\n", "runtime_dir = \"/run/guardian\"\n",
          "when_done = \"unmount\"\n", "compression = \"lz4\"\n", "exclude_caches = false\n",
          "on_plug = \"due\"\n", "encryption = \"none\"\n", "min_free = 1000000000\n",
          "silence_max = \"1h\"\n",
          "keep = { last = 0, hourly = 0, daily = 7, weekly = 0, monthly = 0, yearly = 0 }\n"}) {
        INFO(line << "\n" << shown);
        CHECK(shown.find(line) != std::string::npos);
    }
}

TEST_CASE("show() masks what follows the program of a passphrase command") {
    auto config = sample::load(sample::text()).config;
    config.plans[0].encryption = "repokey";
    config.plans[0].passphrase.command = {"/usr/bin/pass", "show", "hunter2"};
    const auto shown = show(config);
    CHECK(shown.find("passphrase_command = [\"/usr/bin/pass\", \"***\", \"***\"]\n") != std::string::npos);
    CHECK(shown.find("hunter2") == std::string::npos);
    CHECK(load_text(shown, "shown").ok());
}

TEST_CASE("show() masks the password of an address, and of nothing else") {
    auto config = sample::load(sample::text()).config;
    const auto shown_source = [&](const std::string& source) {
        config.targets[1].source = source;
        const auto shown = show(config);
        const auto begin = shown.find("source = ") + 9;
        return shown.substr(begin, shown.find('\n', begin) - begin);
    };
    CHECK(shown_source("//me:hunter2@nas/b") == "\"//me:***@nas/b\"");
    CHECK(shown_source("me:hunter2@nas:/b") == "\"me:***@nas:/b\"");
    CHECK(shown_source("https://me:p@ss:w/rd@nas/b") == "\"https://me:***@nas/b\"");
    CHECK(shown_source("me@corp.lan:hunter2@nas:/b") == "\"me@corp.lan:***@nas:/b\"");
    CHECK(shown_source("nas:/export/@home") == "\"nas:/export/@home\"");
    CHECK(shown_source("me@nas:/b") == "\"me@nas:/b\"");
    CHECK(shown_source("//nas/b") == "\"//nas/b\"");
    config.targets[1].answers_at = "me:hunter2@nas:445";
    CHECK(show(config).find("answers_at = \"me:***@nas:445\"") != std::string::npos);
}

TEST_CASE("show() prints nothing that a terminal must not see") {
    auto config = sample::load(sample::text()).config;
    using namespace std::string_literals;
    config.name = "a\0\n\x1b[31m\x7f\xff\xC2\x9B\xE2\x80\xAE"s;
    const auto shown = show(config);
    for (const auto& line : split_lines(shown)) CHECK(printable(line, 4096) == line);
    CHECK(shown.find("\\u000A\\u001B[31m\\u007F\xEF\xBF\xBD\\u009B\\u202E") != std::string::npos);
}
