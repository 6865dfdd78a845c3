/// Each quirk of the vendors: what a raw value means, and when it means nothing.

#include <limits>
#include <set>

#include "core/signs.hpp"
#include "unit/core/drive.hpp"

using namespace guardian::test;

namespace {

using Count = std::optional<std::uint64_t>;

Count sign(Sign s, const SmartReport& r) {
    return signs_of(r)[s];
}
Count of_disk(Sign s, unsigned id, std::uint64_t raw) {
    return sign(s, a_disk_with(id, raw));
}
Count of_ssd(Sign s, unsigned id, std::uint64_t raw) {
    auto r = an_ssd();
    return sign(s, with(r, id, raw));
}
constexpr Count none = std::nullopt;

}  // namespace

TEST_CASE("signs: a plain count is itself", "[signs]") {
    CHECK(of_disk(Sign::reallocated, 5, 43) == Count{43});
    CHECK(of_disk(Sign::pending, 197, 8) == Count{8});
    CHECK(of_disk(Sign::reported_uncorrectable, 187, 7) == Count{7});
    CHECK(of_disk(Sign::command_timeouts, 188, 2) == Count{2});
    CHECK(of_disk(Sign::spin_retries, 10, 1) == Count{1});
    CHECK(of_disk(Sign::end_to_end, 184, 3) == Count{3});
    CHECK(of_disk(Sign::crc_errors, 199, 108) == Count{108});
}

TEST_CASE("signs: what is not told is absent, and not zero", "[signs]") {
    CHECK(signs_of(SmartReport{}).empty());
    CHECK(!signs_of(a_disk()).empty());
    const auto s = signs_of(a_drive(DriveKind::hdd));
    for (const auto missing :
         {Sign::reallocated, Sign::pending, Sign::reported_uncorrectable, Sign::command_timeouts,
          Sign::crc_errors, Sign::used, Sign::spare, Sign::media_errors, Sign::grown_defects,
          Sign::uncorrected, Sign::written, Sign::logged_errors}) {
        INFO(to_string(missing));
        CHECK(s[missing] == none);
        CHECK(s.count(missing) == 0);
    }
}

TEST_CASE("signs: a raw value that cannot be read is absent, and not zero", "[signs]") {
    auto r = a_disk();
    for (const unsigned id : {10U, 184U, 188U, 200U, 241U}) with(r, id, 0);
    attribute_of(r, 241).name = "Total_LBAs_Written";
    r.model = "WDC WD40";
    for (auto& a : r.attributes) a.raw.reset();
    r.hours.reset();
    r.temperature.reset();
    CHECK(signs_of(r).empty());
    r.kind = DriveKind::ssd;
    CHECK(sign(Sign::reallocated, r) == none);
    CHECK(sign(Sign::pending, r) == none);
}

TEST_CASE("signs: 188 is three counters of 16 bits in one", "[signs][quirk]") {
    CHECK(of_disk(Sign::command_timeouts, 188, 8'590'065'666) == Count{2});
    CHECK(of_disk(Sign::command_timeouts, 188, 0x0001'0001'0000) == Count{0});
    CHECK(of_disk(Sign::command_timeouts, 188, 0xFFFF) == Count{0xFFFF});
}

TEST_CASE("signs: other counters are in the upper words of Fujitsu's and Hitachi's 5", "[signs][quirk]") {
    CHECK(of_disk(Sign::reallocated, 5, 8'589'934'592'000) == Count{0});
    CHECK(of_disk(Sign::reallocated, 5, 0x2B002B) == Count{43});
    // An SSD has none of these: what is beyond is junk.
    CHECK(of_ssd(Sign::reallocated, 5, 0x2B002B) == none);
    CHECK(of_ssd(Sign::reallocated, 5, 0xFFFF) == Count{0xFFFF});
}

TEST_CASE("signs: 197 and 198 that wrapped below zero are no count", "[signs][quirk]") {
    CHECK(of_disk(Sign::pending, 197, 4'294'967'293) == Count{0});  // 198 is zero and can be trusted
    auto r = a_disk_with(197, 4'294'967'295);
    with(r, 198, 0xFFFF'FFFF'FFFF);
    CHECK(sign(Sign::pending, r) == none);
    CHECK(verdict(r) == Verdict::healthy);
}

TEST_CASE("signs: a disk that is lost counts more than 16 bits of sectors", "[signs]") {
    for (const unsigned id : {197U, 198U}) {
        CHECK(of_disk(Sign::pending, id, 0x1'0000) == Count{0x1'0000});
        CHECK(of_disk(Sign::pending, id, 248'384) == Count{248'384});
        CHECK(of_disk(Sign::pending, id, 1U << 24) == Count{1U << 24});
        CHECK(of_disk(Sign::pending, id, (1U << 24) + 1) == Count{0});  // the other is zero
        CHECK(verdict(a_disk_with(id, 65'536)) == Verdict::failing);
    }
    // SSDs put other things there, and into 198 all kinds of them.
    CHECK(of_ssd(Sign::pending, 197, 0xFFFF) == Count{0xFFFF});
    CHECK(of_ssd(Sign::pending, 197, 0x1'0000) == none);
    CHECK(of_ssd(Sign::pending, 198, 0xFFFF) == Count{0});
}

TEST_CASE("signs: 5 beyond 16 bits is a count where the normalised value has come down", "[signs][quirk]") {
    auto r = a_disk_with(5, 65'544);
    CHECK(sign(Sign::reallocated, r) == Count{8});
    attribute_of(r, 5).value = 83;
    CHECK(sign(Sign::reallocated, r) == Count{65'544});
    CHECK(verdict(r) == Verdict::failing);
    attribute_of(r, 5).value.reset();
    CHECK(sign(Sign::reallocated, r) == Count{8});
    with(r, 5, (1U << 24) + 7);
    attribute_of(r, 5).value = 83;
    CHECK(sign(Sign::reallocated, r) == Count{7});
    attribute_of(r, 5).raw = 1U << 24;
    CHECK(sign(Sign::reallocated, r) == Count{1U << 24});
    // Hitachi packs at any value: 1,232 with 142 beside it.
    with(r, 5, 0x8E'04D0);
    attribute_of(r, 5).value = 98;
    for (const auto* model : {"Hitachi HTS547550A9E384", "HGST HTS541010A9E680", "HDS723015BLA642"}) {
        r.model = model;
        CHECK(sign(Sign::reallocated, r) == Count{1232});
    }
}

TEST_CASE("signs: of 197, 198 and the log of pending defects the most counts", "[signs]") {
    auto r = a_disk_with(197, 3);
    with(r, 198, 5);
    CHECK(sign(Sign::pending, r) == Count{5});
    r.pending_defects = 9;
    CHECK(sign(Sign::pending, r) == Count{9});
    with(r, 197, 12);
    CHECK(sign(Sign::pending, r) == Count{12});
}

TEST_CASE("signs: Micron's 197 counts corrected errors", "[signs][quirk]") {
    auto r = an_ssd();
    with(r, 197, 4, "Current_Pending_ECC_Cnt");
    CHECK(sign(Sign::pending, r) == none);
    with(r, 197, 4, "Current_Pending_Sector");
    CHECK(sign(Sign::pending, r) == Count{4});
}

TEST_CASE("signs: equal bytes are a fill", "[signs][quirk]") {
    for (const std::uint64_t fill :
         {0x6464'6464ULL, 0xFFFF'FFFFULL, 0x64'6464'6464ULL, 0xFFFF'FFFF'FFFFULL}) {
        INFO(fill);
        CHECK(of_disk(Sign::reallocated, 5, fill) == none);
        CHECK(of_disk(Sign::command_timeouts, 188, fill) == none);
        CHECK(of_disk(Sign::spin_retries, 10, fill) == none);
        CHECK(verdict(a_disk_with(5, fill)) == Verdict::healthy);
    }
    CHECK(of_disk(Sign::reallocated, 5, 0x6464'6465) == Count{0x6465});
    CHECK(of_disk(Sign::reallocated, 5, 0) == Count{0});
}

TEST_CASE("signs: Hitachi keeps 10, 184 and 187 in the upper words, where nothing can be said",
          "[signs][quirk]") {
    CHECK(of_disk(Sign::spin_retries, 10, 0x1'0000) == none);
    CHECK(of_disk(Sign::end_to_end, 184, 0x1'0000'0000) == none);
    CHECK(of_disk(Sign::reported_uncorrectable, 187, 0x5'0000) == none);
    auto r = a_disk_with(10, 0x1'0000);
    with(r, 184, 0x1'0000'0000);
    with(r, 187, 0x5'0000);
    CHECK(verdict(r) == Verdict::healthy);
}

TEST_CASE("signs: SandForce tells all ones for what it does not count", "[signs][quirk]") {
    CHECK(of_ssd(Sign::reported_uncorrectable, 187, 0xFFFF) == none);
    CHECK(of_ssd(Sign::reported_uncorrectable, 187, 0xFFFE) == Count{0xFFFE});
    CHECK(of_disk(Sign::reported_uncorrectable, 187, 0xFFFF) == Count{0xFFFF});
    auto r = an_ssd();
    r.used = 255;
    CHECK(sign(Sign::used, r) == none);
    r.used = 254;
    CHECK(sign(Sign::used, r) == Count{254});
    r.used = -1;
    CHECK(sign(Sign::used, r) == none);
}

TEST_CASE("signs: the raw values of 1, 7, 195 and 200 mean nothing on most drives", "[signs][quirk]") {
    auto r = a_disk();
    const auto before = signs_of(r);
    for (const unsigned id : {1U, 7U, 195U, 189U, 191U, 193U, 196U, 200U, 240U}) with(r, id, 233'158'440);
    CHECK(signs_of(r) == before);
    CHECK(verdict(r) == Verdict::healthy);
}

TEST_CASE("signs: 200 counts write errors on Western Digital's drives, and on no others", "[signs][quirk]") {
    auto r = a_disk_with(200, 4);
    for (const auto* model : {"WDC WD10EADS-00L5B1", "WD Blue"}) {
        r.model = model;
        CHECK(sign(Sign::write_errors, r) == Count{4});
    }
    for (const auto* model : {"SAMSUNG HD103UJ", "", "XWDC 1", "WDX"}) {
        r.model = model;
        CHECK(sign(Sign::write_errors, r) == none);
    }
    r.model = "WDC WD10EADS";
    CHECK(sign(Sign::write_errors, with(r, 200, 0x1'0000)) == none);
}

TEST_CASE("signs: hours come from smartctl's decoding, and else from a plausible 9", "[signs][quirk]") {
    auto r = a_disk_with(9, 0x2'0000'90BE);  // "37054h+02m"
    r.hours = 37'054;
    CHECK(sign(Sign::hours, r) == Count{37'054});
    r.hours.reset();
    CHECK(sign(Sign::hours, r) == none);
    CHECK(sign(Sign::hours, with(r, 9, 1234)) == Count{1234});
    r.hours = -1;
    CHECK(sign(Sign::hours, r) == none);
    r.hours = 30 * 8766;
    CHECK(sign(Sign::hours, r) == Count{30 * 8766});
    r.hours = 30 * 8766 + 1;
    CHECK(sign(Sign::hours, r) == none);
    r.hours = std::numeric_limits<std::int64_t>::max();
    CHECK(sign(Sign::hours, r) == none);
}

TEST_CASE("signs: the temperature is what is printed first, or the lowest byte", "[signs][quirk]") {
    auto r = a_disk_with(194, 73'014'444'051);
    r.temperature.reset();
    CHECK(sign(Sign::temperature, r) == Count{19});
    attribute_of(r, 194).raw_text = "33 (Min/Max 20/45)";
    CHECK(sign(Sign::temperature, r) == Count{33});
    attribute_of(r, 194).raw_text = "hot";
    CHECK(sign(Sign::temperature, r) == Count{19});
    r.temperature = 41;
    CHECK(sign(Sign::temperature, r) == Count{41});
}

TEST_CASE("signs: 190 is asked where there is no 194; a temperature that cannot be is none", "[signs]") {
    auto r = a_drive(DriveKind::hdd);
    r.temperature.reset();
    with(r, 190, 29);
    CHECK(sign(Sign::temperature, r) == Count{29});
    for (const int t : {0, -5, 128, 2000}) {
        r.temperature = t;
        CHECK(sign(Sign::temperature, r) == none);
    }
    r.temperature = 127;
    CHECK(sign(Sign::temperature, r) == Count{127});
}

TEST_CASE("signs: ATA's statistics fill in where the attribute says nothing", "[signs]") {
    auto r = a_disk_with(5, 0x6464'6464);
    r.statistics_reallocated = 16;
    CHECK(sign(Sign::reallocated, r) == Count{16});
    CHECK(sign(Sign::reallocated, with(r, 5, 2)) == Count{16});
    CHECK(sign(Sign::reallocated, with(r, 5, 20)) == Count{20});
    r.statistics_crc = 5;
    CHECK(sign(Sign::crc_errors, with(r, 199, 0x1'0000'0000)) == Count{5});
    CHECK(sign(Sign::crc_errors, with(r, 199, 0xFFFF'FFFF)) == Count{0xFFFF'FFFF});
}

TEST_CASE("signs: ATA's statistics tell the unreadable sectors of a disk whose attributes do not", "[signs]") {
    auto r = a_drive(DriveKind::hdd);
    with(r, 9, 20'000);
    r.statistics_pending = 9;
    CHECK(sign(Sign::pending, r) == Count{9});
    r.statistics_pending = 1U << 24;
    CHECK(sign(Sign::pending, r) == Count{1U << 24});
    r.statistics_pending = (1U << 24) + 1;
    CHECK(sign(Sign::pending, r) == none);
    r.statistics_pending = 9;
    with(r, 197, 0);
    CHECK(sign(Sign::pending, r) == Count{0});
    with(r, 197, 0xFFFF'FFFF);  // wrapped
    CHECK(sign(Sign::pending, r) == Count{9});
}

TEST_CASE("signs: the count of failed reads in ATA's statistics is not taken for 187", "[signs][quirk]") {
    auto r = a_drive(DriveKind::hdd);
    with(r, 9, 20'000);
    r.statistics_uncorrectable = 7;
    CHECK(sign(Sign::reported_uncorrectable, r) == none);
}

TEST_CASE("signs: wear is read from the normalised value, only where the name says so", "[signs][quirk]") {
    auto r = an_ssd();
    with(r, 231, 97, "Temperature_Celsius");
    with(r, 233, 1'000'000, "Unknown_Attribute");
    attribute_of(r, 231).value = attribute_of(r, 233).value = 12;
    CHECK(sign(Sign::used, r) == none);
    with(r, 177, 300, "Wear_Leveling_Count");
    attribute_of(r, 177).value = 88;
    CHECK(sign(Sign::used, r) == Count{12});
    attribute_of(r, 231).value = attribute_of(r, 177).value = 0;
    attribute_of(r, 177).threshold = 0;
    CHECK(sign(Sign::used, r) == none);
    attribute_of(r, 177).threshold = 5;
    CHECK(sign(Sign::used, r) == Count{100});
    r.used = 15;  // the drive's own estimate is better
    CHECK(sign(Sign::used, r) == Count{15});
}

TEST_CASE("signs: wear that cannot be is none, and a spinning disk has none", "[signs][quirk]") {
    auto r = an_ssd();
    with(r, 177, 300, "Wear_Leveling_Count");
    attribute_of(r, 177).threshold = 0;  // no line is drawn above zero
    for (const int value : {0, 101, 200, 253}) {
        attribute_of(r, 177).value = value;
        CHECK(sign(Sign::used, r) == none);
    }
    attribute_of(r, 177).value = 1;
    CHECK(sign(Sign::used, r) == Count{99});
    r.kind = DriveKind::hdd;
    CHECK(sign(Sign::used, r) == none);
}

TEST_CASE("signs: of NVMe", "[signs]") {
    auto r = an_nvme();
    r.nvme->media_errors = 4;
    const auto s = signs_of(r);
    CHECK(s[Sign::spare] == Count{100});
    CHECK(s[Sign::used] == Count{3});
    CHECK(s[Sign::media_errors] == Count{4});
    CHECK(s[Sign::written] == Count{512'000'000'000});
    r.nvme->spare = r.nvme->used = -1;
    r.nvme->units_written = std::numeric_limits<std::uint64_t>::max();
    CHECK(signs_of(r)[Sign::spare] == none);
    CHECK(signs_of(r)[Sign::used] == Count{0});
    CHECK(signs_of(r)[Sign::written] == none);
}

TEST_CASE("signs: of SCSI, reads, writes and verifies together", "[signs]") {
    auto r = a_sas();
    r.scsi->uncorrected_reads = 2;
    r.scsi->uncorrected_writes = 3;
    r.scsi->uncorrected_verifies = 4;
    r.scsi->grown_defects = 7;
    CHECK(sign(Sign::uncorrected, r) == Count{9});
    CHECK(sign(Sign::grown_defects, r) == Count{7});
    r.scsi->uncorrected_reads = std::numeric_limits<std::uint64_t>::max();
    CHECK(sign(Sign::uncorrected, r) == Count{1'000'000'000'007});
    r.scsi = ScsiHealth{};
    CHECK(sign(Sign::uncorrected, r) == none);
}

TEST_CASE("signs: bytes written, in sectors of 512, and only under that name", "[signs]") {
    auto r = an_ssd();
    CHECK(sign(Sign::written, with(r, 241, 1000, "Total_LBAs_Written")) == Count{512'000});
    CHECK(sign(Sign::written, with(r, 241, 1000, "Host_Writes_32MiB")) == none);
    CHECK(sign(Sign::written, with(r, 241, 1ULL << 44, "Total_LBAs_Written")) == none);
}

TEST_CASE("signs: each is found by its own name, and by ATA's number", "[signs]") {
    std::set<std::string_view> names, words;
    for (std::size_t i = 0; i < sign_count; ++i) {
        const auto s = static_cast<Sign>(i);
        INFO(to_string(s));
        CHECK(sign_from(to_string(s)) == s);
        CHECK(names.insert(to_string(s)).second);
        CHECK(words.insert(in_words(s)).second);
    }
    CHECK(sign_from("5") == Sign::reallocated);
    CHECK(sign_from("197") == Sign::pending);
    CHECK(sign_from("198") == Sign::pending);
    for (const auto* text : {"", "0", "6", "Reallocated", "197 ", "reallocated sectors"})
        CHECK(!sign_from(text));
}
