/// Fills a store with years of readings of made-up drives, for tools/bench:
///   drive_years FOLDER YEARS DRIVES REPORT_BYTES
/// prints the milliseconds that the last hundred readings took to keep, one a line.

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "store/store.hpp"

namespace {

using namespace guardian;

/// As long as asked for, with the numbers of this moment in it: as compressible as the real ones, roughly.
std::string made_up_report(std::uint64_t seed, std::size_t bytes) {
    std::string out = "{\"ata_smart_attributes\":[";
    for (unsigned id = 1; out.size() < bytes; ++id) {
        seed = seed * 6'364'136'223'846'793'005ULL + 1;
        out += fmt::format(
            "{{\"id\":{},\"name\":\"Attribute_{}\",\"value\":{},\"worst\":{},\"thresh\":10,\"when_failed\":\"\","
            "\"flags\":{{\"value\":50,\"string\":\"-O--CK \",\"prefailure\":false,\"updated_online\":true}},"
            "\"raw\":{{\"value\":{},\"string\":\"{}\"}}}},",
            id, id, seed >> 57U, seed >> 58U, seed >> 40U, seed >> 40U);
    }
    return out + "{}]}";
}

store::DriveReading made_up_reading(std::size_t drive, std::uint64_t n, std::size_t report_bytes) {
    store::DriveReading r;
    r.drive = {fmt::format("wwn-0x5000c500a1b2c3d{}", drive), core::DriveKind::hdd, "ST4000VN008-2DR166",
               fmt::format("ZDH12AB{}", drive), "SC60", 4'000'787'030'016};
    r.at = from_micros(1'500'000'000'000'000) + std::chrono::hours(6 * n);
    for (std::size_t i = 0; i < 10; ++i) r.signs.set(static_cast<core::Sign>(i), n * i);
    r.verdict = core::Verdict::watch;
    r.reasons = {{"pending-sectors", core::Verdict::watch, core::Sign::pending,
                  "Eight sectors cannot be read now. What is on them is lost unless another copy exists."}};
    r.report = made_up_report(n * 8 + drive, report_bytes);
    return r;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 5) return 2;
    auto store = store::Store::open_for_writing(argv[1]);
    const auto readings = std::strtoull(argv[2], nullptr, 10) * 365 * 4;
    const auto drives = std::strtoull(argv[3], nullptr, 10), bytes = std::strtoull(argv[4], nullptr, 10);
    for (std::uint64_t n = 0; n < readings; ++n)
        for (std::uint64_t drive = 0; drive < drives; ++drive) {
            const auto reading = made_up_reading(drive, n, bytes);
            const auto begin = std::chrono::steady_clock::now();
            if (!store.keep_reading(reading)) return 1;
            const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - begin;
            if (n + 100 / drives >= readings) fmt::print("{:.3f}\n", took.count());
        }
    return 0;
}
