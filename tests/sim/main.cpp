/// guardian-sim: lives many lives of a machine and fails when a rule of the design did not hold in one.

#include <fmt/format.h>

#include <charconv>
#include <cstring>
#include <iostream>
#include <span>

#include "simulation.hpp"

namespace {

struct Options {
    std::int64_t years = 200;
    std::uint64_t seed = 1;
    std::int64_t years_each = 4;  ///< one seed's life
    sim::Mutation mutation = sim::Mutation::none;
    bool expect_violation = false;
    bool trace = false;
};

constexpr const char* usage =
    "usage: guardian-sim [--years N] [--seed S] [--years-each N] [--mutate NAME] [--expect-violation] "
    "[--trace]\n";

template <class T>
bool number(const char* text, T& out) {
    const auto end = text + std::strlen(text);
    const auto [rest, error] = std::from_chars(text, end, out);
    return error == std::errc{} && rest == end;
}

bool take(Options& o, std::string_view flag, const char* value) {
    if (flag == "--years") return number(value, o.years) && o.years > 0;
    if (flag == "--seed") return number(value, o.seed);
    if (flag == "--years-each") return number(value, o.years_each) && o.years_each > 0;
    if (flag == "--mutate") {
        const auto m = sim::mutation_from(value);
        if (m) o.mutation = *m;
        return m.has_value();
    }
    return false;
}

bool parse(std::span<char*> args, Options& o) {
    for (std::size_t i = 1; i < args.size(); ++i) {
        const std::string_view flag = args[i];
        if (flag == "--expect-violation") {
            o.expect_violation = true;
        } else if (flag == "--trace") {
            o.trace = true;
        } else if (i + 1 == args.size() || !take(o, flag, args[i + 1])) {
            return false;
        } else {
            ++i;
        }
    }
    return true;
}

/// True when no rule was broken.
bool live_one(const Options& o, std::uint64_t seed, sim::Totals& totals) {
    sim::Simulation life(seed, o.mutation, o.trace);
    try {
        life.live(std::chrono::hours{24} * 365 * std::min(o.years, o.years_each));
    } catch (const sim::Violation& v) {
        const auto day = std::chrono::duration_cast<std::chrono::hours>(life.lived()).count() / 24;
        if (!o.expect_violation && !o.trace)
            for (const auto& line : life.trace()) fmt::print("{}\n", line);
        fmt::print("violated after {} simulated days with seed {}: {}\n", day, seed, v.what());
        const auto mutate =
            o.mutation == sim::Mutation::none ? "" : fmt::format(" --mutate {}", sim::to_string(o.mutation));
        fmt::print("again: tools/sim --years {} --seed {}{} --trace\n", std::min(o.years, o.years_each), seed,
                   mutate);
        return false;
    }
    totals.add(life.totals());
    return true;
}

/// What must have happened at least once in 200 years, or the model is dead and proves nothing.
constexpr std::array must_happen{"alarms",
                                 "audits",
                                 "decisions",
                                 "plugs",
                                 "clones plugged",
                                 "strangers plugged",
                                 "pulls",
                                 "pulled while mounted",
                                 "pulled in mid-run",
                                 "runs stopped",
                                 "runs on what is not noticed",
                                 "left mounted by a person's run",
                                 "mounted by hand",
                                 "unmounted by hand",
                                 "mounts held",
                                 "runs asked",
                                 "ejects",
                                 "inits",
                                 "sleeps",
                                 "clock jumps ahead",
                                 "clock jumps back",
                                 "share comes",
                                 "share goes",
                                 "probes",
                                 "daemon restarts",
                                 "runs found again",
                                 "runs found dead",
                                 "configuration changes",
                                 "events lost",
                                 "events doubled",
                                 "releases",
                                 "released",
                                 "releases refused",
                                 "started by daemon",
                                 "started by asked",
                                 "started by person",
                                 "ended success",
                                 "ended warning",
                                 "ended failed",
                                 "ended refused",
                                 "ended vanished",
                                 "ended cancelled",
                                 "ended absent",
                                 "ended by kill -9",
                                 "raised ambiguous",
                                 "raised refused",
                                 "raised failed",
                                 "raised held-back",
                                 "raised stale",
                                 "raised still-mounted",
                                 "raised dead-mount",
                                 "incidents ended",
                                 "looks",
                                 "looks at sources",
                                 "looks by runs",
                                 "looks that found it pulled",
                                 "looks that failed",
                                 "looks at what sleeps",
                                 "looks wanted",
                                 "looks cut off by a restart",
                                 "drives to watch",
                                 "drives failing",
                                 "drives well again",
                                 "kernel events",
                                 "kernel events of a pull",
                                 "kernel events counted",
                                 "raised disk",
                                 "raised disk-unknown",
                                 "raised source",
                                 "raised source-watch",
                                 "raised source-unknown",
                                 "runs for a failing source",
                                 "runs refused for the disk's health",
                                 "runs made anyway",
                                 "runs held back for the disk's health",
                                 "worse in mid-run",
                                 "prunes",
                                 "self-tests begun",
                                 "self-tests done",
                                 "self-tests cut off"};

bool all_happened(const sim::Totals& totals) {
    bool all = true;
    for (const auto* name : must_happen) {
        const auto n = totals.counts.find(name);
        if (n != totals.counts.end() && n->second > 0) continue;
        fmt::print("it never happened: {}\n", name);
        all = false;
    }
    return all;
}

void print_totals(const sim::Totals& totals) {
    for (const auto& [name, n] : totals.counts) fmt::print("{:>28} {:>9}\n", name, n);
}

int run(const Options& o) {
    const auto lives = (o.years + o.years_each - 1) / o.years_each;
    fmt::print("seeds {} to {}, {} years each{}{}\n", o.seed, o.seed + static_cast<std::uint64_t>(lives) - 1,
               std::min(o.years, o.years_each), o.mutation == sim::Mutation::none ? "" : ", mutation ",
               o.mutation == sim::Mutation::none ? "" : sim::to_string(o.mutation));
    sim::Totals totals;
    for (std::int64_t i = 0; i < lives; ++i)
        if (!live_one(o, o.seed + static_cast<std::uint64_t>(i), totals)) return o.expect_violation ? 0 : 1;
    print_totals(totals);
    fmt::print("{} years, {} runs, {} plugs, {} decisions, seeds {} to {}: every rule held\n",
               totals["days"] / 365,
               totals["started by daemon"] + totals["started by asked"] + totals["started by person"],
               totals["plugs"], totals["decisions"], o.seed, o.seed + static_cast<std::uint64_t>(lives) - 1);
    if (o.years >= 200 && !all_happened(totals)) return 1;
    return o.expect_violation ? 1 : 0;
}

}  // namespace

int main(int argc, char** argv) {
    Options o;
    if (!parse({argv, static_cast<std::size_t>(argc)}, o)) {
        std::cerr << usage;
        return 2;
    }
    return run(o);
}
