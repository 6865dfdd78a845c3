#include "base/time.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <limits>
#include <memory>
#include <vector>

#include "base/text.hpp"

namespace guardian {
namespace {

struct Unit {
    std::string_view name;
    std::int64_t micros;
};

constexpr std::int64_t second = 1'000'000;
constexpr std::int64_t day = 86'400 * second;
// systemd's own lengths: a month is 30.44 days, a year 365.25.
constexpr std::array units{
    Unit{"usec", 1},
    Unit{"us", 1},
    Unit{"msec", 1000},
    Unit{"ms", 1000},
    Unit{"seconds", second},
    Unit{"second", second},
    Unit{"sec", second},
    Unit{"s", second},
    Unit{"minutes", 60 * second},
    Unit{"minute", 60 * second},
    Unit{"min", 60 * second},
    Unit{"m", 60 * second},
    Unit{"hours", 3600 * second},
    Unit{"hour", 3600 * second},
    Unit{"hr", 3600 * second},
    Unit{"h", 3600 * second},
    Unit{"days", day},
    Unit{"day", day},
    Unit{"d", day},
    Unit{"weeks", 7 * day},
    Unit{"week", 7 * day},
    Unit{"w", 7 * day},
    Unit{"months", 2'629'800 * second},
    Unit{"month", 2'629'800 * second},
    Unit{"M", 2'629'800 * second},
    Unit{"years", 31'557'600 * second},
    Unit{"year", 31'557'600 * second},
    Unit{"y", 31'557'600 * second},
};

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
bool is_alpha(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

std::size_t run_length(std::string_view text, bool (*pred)(char)) {
    std::size_t n = 0;
    while (n < text.size() && pred(text[n])) ++n;
    return n;
}

std::string_view skip_spaces(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    return text;
}

Error bad_span(std::string_view text) {
    return {ErrorCode::usage, fmt::format("\"{}\" is not a time span", printable(text, 100)), "",
            "write for example \"30h\", \"1h 30min\" or \"2 weeks\""};
}

/// Takes one number and unit off the front.
std::optional<std::int64_t> take_term(std::string_view& rest) {
    const auto digits = run_length(rest, is_digit);
    if (digits == 0 || digits > 15) return std::nullopt;
    std::int64_t value = 0;
    for (char c : rest.substr(0, digits)) value = value * 10 + (c - '0');
    rest = skip_spaces(rest.substr(digits));
    const auto letters = run_length(rest, is_alpha);
    const auto name = rest.substr(0, letters);
    rest = skip_spaces(rest.substr(letters));
    if (name.empty()) {
        if (value > std::numeric_limits<std::int64_t>::max() / second) return std::nullopt;
        return value * second;
    }
    for (const auto& u : units) {
        if (u.name != name) continue;
        if (value > std::numeric_limits<std::int64_t>::max() / u.micros) return std::nullopt;
        return value * u.micros;
    }
    return std::nullopt;
}

std::string span_terms(Duration span, std::size_t most, std::string_view gap) {
    static constexpr std::array<Unit, 6> steps{Unit{"w", 7 * day},       Unit{"d", day},
                                               Unit{"h", 3600 * second}, Unit{"min", 60 * second},
                                               Unit{"s", second},        Unit{"ms", 1000}};
    std::string out;
    std::size_t used = 0;
    auto rest = span.count();
    for (const auto& u : steps) {
        if (used == most) break;
        if (used > 0 && most < 6 && rest < u.micros) break;
        if (rest < u.micros) continue;
        out += fmt::format("{}{}{}{}", used > 0 ? " " : "", rest / u.micros, gap, u.name);
        rest %= u.micros;
        ++used;
    }
    return out;
}

std::tm local_tm(Time t, std::chrono::seconds offset) {
    const auto local = std::chrono::floor<std::chrono::seconds>(t) + offset;
    const std::time_t seconds = local.time_since_epoch().count();
    std::tm tm{};
    gmtime_r(&seconds, &tm);
    return tm;
}

}  // namespace

Time now() {
    return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
}

UtcOffset local_zone() {
    tzset();
    return [](Time t) {
        const std::time_t seconds = std::chrono::floor<std::chrono::seconds>(t).time_since_epoch().count();
        std::tm tm{};
        localtime_r(&seconds, &tm);
        return std::chrono::seconds{tm.tm_gmtoff};
    };
}

namespace {

/// TZ for a while.
class ZoneInForce {
  public:
    explicit ZoneInForce(const std::string& name) {
        if (const char* tz = std::getenv("TZ")) before_ = tz;
        ::setenv("TZ", name.c_str(), 1);
        tzset();
    }
    ~ZoneInForce() {
        before_ ? ::setenv("TZ", before_->c_str(), 1) : ::unsetenv("TZ");
        tzset();
    }
    ZoneInForce(const ZoneInForce&) = delete;
    ZoneInForce& operator=(const ZoneInForce&) = delete;

  private:
    std::optional<std::string> before_;
};

/// The C library takes a name that it does not know for UTC.
bool is_in_database(const std::string& name) {
    static constexpr std::string_view letters =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_+/";
    if (name.empty() || name.find_first_not_of(letters) != std::string::npos || name.front() == '/')
        return false;
    if (name.find("//") != std::string::npos || name.back() == '/') return false;  // systemd refuses it
    std::ifstream file{"/usr/share/zoneinfo/" + name, std::ios::binary};
    std::array<char, 4> magic{};
    return file.read(magic.data(), magic.size()) && std::string_view(magic.data(), magic.size()) == "TZif";
}

using Offsets = std::vector<std::pair<Time, std::chrono::seconds>>;  ///< each from that moment on

/// No zone changes its offset there and back within a week.
Offsets offsets_of(const UtcOffset& zone) {
    using namespace std::chrono;
    Time at = sys_days{year{1970} / 1 / 1};
    const Time end = sys_days{year{2200} / 1 / 1};
    Offsets out{{at, zone(at)}};
    for (; at < end; at += days{7}) {
        const auto offset = zone(at + days{7});
        if (offset == out.back().second) continue;
        auto low = floor<seconds>(at), high = low + days{7};
        while (high - low > seconds{1}) {
            const auto middle = low + floor<seconds>((high - low) / 2);
            (zone(middle) == offset ? high : low) = middle;
        }
        out.emplace_back(high, offset);
    }
    return out;
}

}  // namespace

std::optional<UtcOffset> zone_named(std::string_view name) {
    const std::string file{name};
    if (!is_in_database(file)) return std::nullopt;
    // Found out when it is first asked for: that takes some 10 ms, and systemd's generator only wants the
    // name right.
    return [file, known = std::make_shared<Offsets>()](Time t) {
        if (known->empty()) {
            const ZoneInForce in_force{file};
            *known = offsets_of(local_zone());
        }
        const auto later = std::upper_bound(known->begin(), known->end(), t,
                                            [](Time at, const auto& change) { return at < change.first; });
        return later == known->begin() ? known->front().second : std::prev(later)->second;
    };
}

Result<Duration> parse_span(std::string_view text) {
    auto rest = skip_spaces(text);
    if (rest.empty()) return bad_span(text);
    std::int64_t total = 0;
    while (!rest.empty()) {
        const auto term = take_term(rest);
        if (!term || total > std::numeric_limits<std::int64_t>::max() - *term) return bad_span(text);
        total += *term;
    }
    return Duration{total};
}

std::string format_span(Duration span) {
    constexpr std::chrono::milliseconds smallest{1};
    if (span > -smallest && span < smallest) return "0 s";
    if (span < Duration::zero()) return "-" + format_span(span == Duration::min() ? Duration::max() : -span);
    // Only what a person can use: seconds stop to matter beyond an hour.
    return span_terms(span, 2, " ");
}

std::string exact_span(Duration span) {
    if (span == Duration::zero()) return "0";
    auto out = span_terms(span, 6, "");
    const auto micros = span.count() % 1000;
    if (micros != 0) out += fmt::format("{}{}us", out.empty() ? "" : " ", micros);
    return out;
}

std::string rfc3339(Time t, const UtcOffset& zone) {
    // RFC 3339 knows whole minutes only; zones of the 19th century have seconds too.
    const auto whole = std::chrono::duration_cast<std::chrono::minutes>(zone(t));
    const auto tm = local_tm(t, whole);
    const auto offset = whole.count();
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}{}{:02}:{:02}", tm.tm_year + 1900, tm.tm_mon + 1,
                       tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, offset < 0 ? '-' : '+',
                       std::abs(offset) / 60, std::abs(offset) % 60);
}

std::string format_minute(Time t, const UtcOffset& zone) {
    const auto tm = local_tm(t, zone(t));
    return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
                       tm.tm_hour, tm.tm_min);
}

}  // namespace guardian
