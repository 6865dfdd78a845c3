/// The same expressions to us and to systemd-analyze: what it refuses is refused, and every elapse is the
/// same.

#include <fmt/format.h>

#include <random>

#include "base/child.hpp"
#include "base/text.hpp"
#include "core/calendar.hpp"
#include "support/catch.hpp"
#include "unit/base/zone.hpp"

using namespace guardian;
using namespace guardian::core;
using namespace guardian::test;

namespace {

constexpr int iterations = 6;

/// What systemd says of each expression: its elapses in UTC, or "refused".
using Answers = std::vector<std::vector<std::string>>;

class Systemd {
  public:
    Systemd(std::string program, std::string zone) : program_(std::move(program)), zone_(std::move(zone)) {}

    [[nodiscard]] Answers ask(const std::vector<std::string>& expressions, Time base) const {
        Command command;
        command.argv = {program_, "calendar", fmt::format("--iterations={}", iterations),
                        fmt::format("--base-time=@{}", to_micros(base) / 1'000'000), "--"};
        command.argv.insert(command.argv.end(), expressions.begin(), expressions.end());
        command.environment = {"LC_ALL=C.UTF-8", "TZ=" + zone_};
        std::string err;
        const auto exit = run_child(command, Limits{}, {},
                                    [&](std::string_view line, bool) { err += std::string(line) + "\n"; });
        REQUIRE(exit.has_value());
        return answers(expressions, exit->out, err);
    }

  private:
    /// It prints an elapse in local time and then "(in UTC)", but where the two are the same.
    [[nodiscard]] std::vector<std::string> elapses(const std::string& section) const {
        std::vector<std::string> out;
        for (const auto& line : split_lines(section)) {
            const bool elapse = line.find("Next elapse: ") != std::string::npos ||
                                line.find("Iter. #") != std::string::npos ||
                                line.find("Iteration #") != std::string::npos;
            const bool in_utc = line.find("(in UTC): ") != std::string::npos;
            const auto colon = line.find(": ");
            if ((!elapse && !in_utc) || line.size() < colon + 25) continue;
            if (in_utc) out.pop_back();
            out.push_back(line.substr(colon + 6, 19));
        }
        return out;
    }

    /// The accepted ones come in order, each with its "Normalized form"; the refused ones on stderr, quoted.
    [[nodiscard]] Answers answers(const std::vector<std::string>& expressions, const std::string& out,
                                  const std::string& err) const {
        std::vector<std::string> sections;
        for (const auto& line : split_lines(out)) {
            if (line.find("Normalized form: ") != std::string::npos) sections.emplace_back();
            if (!sections.empty()) sections.back() += line + "\n";
        }
        Answers all;
        const auto said = [&](std::string_view what, const std::string& e) {
            return err.find(fmt::format("{} '{}'", what, e)) != std::string::npos;
        };
        auto section = sections.begin();
        for (const auto& e : expressions) {
            if (said("Failed to parse calendar specification", e)) {
                all.push_back({"refused"});
                continue;
            }
            // "Infinite loop in calendar calculation": steps over the change of the clock can lead it in
            // circles.
            if (said("Failed to determine next elapse for", e)) {
                all.push_back({"lost"});
                ++section;
                continue;
            }
            INFO(e << "\n" << err);
            REQUIRE(section != sections.end());
            all.push_back(elapses(*section++));
        }
        REQUIRE(section == sections.end());
        return all;
    }

    std::string program_, zone_;
};

std::vector<std::string> ours(const std::string& text, Time base, const UtcOffset& zone) {
    const auto s = Schedule::parse(text, zone_named);
    if (!s) return {"refused"};
    std::vector<std::string> out;
    for (auto t = s->next_elapse(base, zone); t && out.size() < iterations; t = s->next_elapse(*t, zone)) {
        auto text_of = rfc3339(*t, fixed_zone(std::chrono::hours{0})).substr(0, 19);
        text_of[10] = ' ';
        out.push_back(text_of);
    }
    return out;
}

/// Expressions as people write them, as the grammar allows them, and a few that are broken.
class Expressions {
  public:
    explicit Expressions(std::uint64_t seed) : random_(seed) {}

    std::string any() {
        auto text = chance(10)
                        ? pick({"minutely", "hourly", "daily", "weekly", "monthly", "quarterly", "yearly",
                                "annually", "semiannually", "biannually", "bi-annually", "Daily"})
                        : composed();
        if (chance(12))
            text += " " + pick({"UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Asia/Tokyo",
                                "Australia/Lord_Howe", "America/Sao_Paulo", "Europe/Nowhere", "utc"});
        if (chance(6)) broken(text);
        return text;
    }
    Time moment() {
        // Often near a change of the clock: the last week of March or October, and a fortnight later.
        const auto year = 2024 + number(0, 12);
        if (chance(50))
            return utc(year, static_cast<unsigned>(number(1, 12)), static_cast<unsigned>(number(1, 28)),
                       number(0, 23), number(0, 59), number(0, 59));
        const auto month = pick_number({3, 4, 10, 11});
        return utc(year, static_cast<unsigned>(month), static_cast<unsigned>(number(1, 30)), number(0, 23),
                   pick_number({0, 1, 29, 30, 59}), number(0, 59));
    }

  private:
    bool chance(int percent) { return number(1, 100) <= percent; }
    int number(int least, int most) { return std::uniform_int_distribution<int>{least, most}(random_); }
    int pick_number(const std::vector<int>& from) {
        return from[static_cast<std::size_t>(number(0, static_cast<int>(from.size()) - 1))];
    }
    std::string pick(const std::vector<std::string>& from) {
        return from[static_cast<std::size_t>(number(0, static_cast<int>(from.size()) - 1))];
    }

    std::string item(int least, int most) {
        const int first = number(least, most);
        auto text = chance(50) ? fmt::format("{}", first) : fmt::format("{:02}", first);
        const int last = number(first, most);
        if (chance(25)) text += fmt::format("..{}", last);
        if (chance(20)) text += fmt::format("/{}", number(1, std::max(1, (most - least) / 3)));
        return text;
    }
    std::string list(int least, int most, int star) {
        if (chance(star)) return "*";
        auto text = item(least, most);
        while (chance(25)) text += "," + item(least, most);
        return text;
    }
    std::string weekdays() {
        const std::vector<std::string> names{"Mon", "Tue", "Wed",    "Thu",   "Fri",
                                             "Sat", "Sun", "monday", "SUNDAY"};
        auto text = pick(names);
        if (chance(30)) text += (chance(80) ? ".." : "-") + pick(names);
        while (chance(30)) text += "," + pick(names);
        if (chance(10)) text += ",";
        return text;
    }
    std::string date() {
        std::string text;
        if (chance(70)) text = (chance(80) ? "*" : list(2024, 2040, 0)) + "-";
        text += list(1, 12, 60);
        if (chance(20)) return text + "~" + list(1, 28, 5);
        return text + "-" + list(1, 31, 50);
    }
    std::string time() {
        auto text = list(0, 23, 15) + ":" + list(0, 59, 15);
        if (chance(15)) text += ":" + list(0, 59, 10);
        return text;
    }
    std::string composed() {
        std::string text;
        const auto add = [&](const std::string& part) { text += (text.empty() ? "" : " ") + part; };
        if (chance(35)) add(weekdays());
        if (chance(60)) add(date());
        if (chance(80) || text.empty()) add(time());
        return text;
    }
    void broken(std::string& text) {
        if (text.empty()) return;
        const auto at = static_cast<std::size_t>(number(0, static_cast<int>(text.size()) - 1));
        const std::string letters = "*-:~/.,0123456789 MT";
        const auto letter =
            letters[static_cast<std::size_t>(number(0, static_cast<int>(letters.size()) - 1))];
        if (chance(40))
            text.erase(at, 1);
        else if (chance(50))
            text.insert(at, 1, letter);
        else
            text[at] = letter;
    }

    std::mt19937_64 random_;
};

/// Newer ones have mended where day steps lead from December into January, which systemd 252 passes over.
bool is_mended(const std::string& program) {
    const auto said =
        run_tool({.argv = {program, "--version"}, .environment = {}, .secret = {}, .secret_fd_variable = ""},
                 {}, "cannot ask systemd-analyze for its version");
    return !said || !said->starts_with("systemd 252");
}

bool has_day_steps(const std::string& text) {
    const auto dash = text.find_last_of("-~");
    return dash != std::string::npos && text.find('/', dash) != std::string::npos;
}

/// systemd takes fractions of seconds and "@" moments; we say no to these.
bool left_out(const std::string& text) {
    const auto s = Schedule::parse(text, zone_named);
    if (s) return false;
    return s.error().reason.find("fractions") != std::string::npos || text.find('@') != std::string::npos;
}

/// systemd reads an abbreviation of the local zone as "while this one is in force", and soon finds no moment.
bool names_local_abbreviation(const std::string& text) {
    const auto space = text.rfind(' ');
    return space != std::string::npos &&
           (text.substr(space + 1) == tzname[0] || text.substr(space + 1) == tzname[1]);
}

}  // namespace

TEST_CASE("every elapse is systemd's, and so is every refusal", "[calendar][systemd]") {
    const auto program = find_program("systemd-analyze");
    const NamedZone here{"Europe/Berlin"};
    if (!program || !here.there()) {
        WARN("skipped: no systemd-analyze, or no zone database, on this machine");
        return;
    }
    constexpr int batches = 12, batch = 60;  // 9 zones: 6480 expressions
    const bool mended = is_mended(*program);
    std::size_t asked = 0, refused = 0;
    for (const auto* name :
         {"UTC", "Europe/Berlin", "America/New_York", "Europe/Dublin", "Australia/Lord_Howe",
          "America/Sao_Paulo", "Asia/Kolkata", "Pacific/Auckland", "Africa/Casablanca"}) {
        // systemd 257 leaves out "(in UTC)" there, in the middle of many expressions: what it prints says
        // nothing.
        if (mended && std::string_view(name) == "Africa/Casablanca") continue;
        const NamedZone zone{name};
        const Systemd systemd{*program, name};
        Expressions make{std::hash<std::string>{}(name)};
        for (int b = 0; b < batches; ++b) {
            const auto base = make.moment();
            std::vector<std::string> expressions;
            while (expressions.size() < batch) {
                auto e = make.any();
                if (mended && has_day_steps(e)) continue;
                if (!left_out(e) && !names_local_abbreviation(e)) expressions.push_back(std::move(e));
            }
            const auto theirs = systemd.ask(expressions, base);
            for (std::size_t i = 0; i < expressions.size(); ++i) {
                CAPTURE(name, to_micros(base) / 1'000'000, expressions[i]);
                if (theirs[i] == std::vector<std::string>{"lost"}) continue;
                CHECK(ours(expressions[i], base, zone.offset()) == theirs[i]);
                refused += theirs[i] == std::vector<std::string>{"refused"} ? 1 : 0;
                ++asked;
            }
        }
    }
    CHECK(asked >= 5000);
    CHECK(refused > asked / 50);
    CHECK(refused < asked / 3);
}
