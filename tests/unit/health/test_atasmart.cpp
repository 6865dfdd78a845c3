#include "health/atasmart.hpp"

#include <random>

#include "health/ata_blob.hpp"
#include "support/folder.hpp"
#include "support/loop_disk.hpp"
#include "support/result.hpp"

using namespace guardian;
using namespace guardian::health;

namespace {

std::string recorded(const std::string& name) {
    std::ifstream file(std::string(GUARDIAN_SOURCE_DIR) + "/tests/data/smart/blobs/" + name,
                       std::ios::binary);
    std::string out{std::istreambuf_iterator<char>(file), {}};
    REQUIRE(!out.empty());
    return out;
}

core::SmartReport report_of(const std::string& name) {
    const auto report = report_from_blob(recorded(name));
    REQUIRE(report);
    return *report;
}

const core::SmartAttribute& attribute(const core::SmartReport& r, unsigned id) {
    for (const auto& a : r.attributes)
        if (a.id == id) return a;
    FAIL("no attribute " << id);
    return r.attributes.front();
}

}  // namespace

TEST_CASE("a recorded drive that fails says so, with the attribute") {
    const auto r = report_of("Maxtor_96147H8--BAC51KJ0--2.bin");
    CHECK(r.model == "Maxtor 96147H8");
    CHECK(r.firmware == "BAC51KJ0");
    CHECK(r.passed == false);
    const auto& spin_retry = attribute(r, 10);
    CHECK(spin_retry.failed == core::Failed::now);
    CHECK(spin_retry.value == 212);
    CHECK(spin_retry.threshold == 223);
    CHECK(spin_retry.prefail);
}

TEST_CASE("a record without the overall word has none") {
    const auto r = report_of("WDC_WD2500JB--00REA0-20.00K20.bin");
    CHECK(!r.passed);
    CHECK(attribute(r, 197).raw == 1);
}

TEST_CASE("counts, temperature and hours of a recorded drive") {
    const auto r = report_of("ST9160821AS--3.CLH.bin");
    CHECK(r.model == "ST9160821AS");
    CHECK(r.passed == true);
    CHECK(attribute(r, 197).raw == 1);
    CHECK(attribute(r, 198).raw == 1);
    CHECK(attribute(r, 190).failed == core::Failed::past);
    CHECK(r.bytes == 160041885696);
    REQUIRE(r.temperature);
    CHECK(*r.temperature > 0);
    CHECK(*r.temperature < 80);
    CHECK(r.hours);
    CHECK(r.test_minutes_extended);
}

TEST_CASE("all six bytes of the raw value are kept") {
    auto blob = recorded("ST9160821AS--3.CLH.bin");
    const auto data = blob.find("SMDT") + 8;
    for (std::size_t i = 0; i < 6; ++i) blob[data + 2 + 5 + i] = static_cast<char>(0xF0 + i);
    const auto r = report_from_blob(blob);
    REQUIRE(r);
    CHECK(r->attributes.front().raw == 0xF5F4F3F2F1F0);
}

TEST_CASE("IDENTIFY tells the kind, the size and the WWN") {
    std::string identify(512, '\0');
    const auto put = [&](std::size_t word, unsigned value) {
        identify[2 * word] = static_cast<char>(value & 0xFF);
        identify[2 * word + 1] = static_cast<char>(value >> 8);
    };
    CHECK(kind_in(identify) == core::DriveKind::unknown);
    CHECK(wwn_in(identify).empty());
    put(217, 7200);
    CHECK(kind_in(identify) == core::DriveKind::hdd);
    put(217, 1);
    CHECK(kind_in(identify) == core::DriveKind::ssd);
    put(60, 0xFFFF), put(61, 0x0FFF);
    CHECK(bytes_in(identify) == 0x0FFFFFFFULL * 512);
    put(83, 0x4400), put(102, 1);
    CHECK(bytes_in(identify) == 0x100000000ULL * 512);
    put(106, 0x5000), put(117, 2048);
    CHECK(bytes_in(identify) == 0x100000000ULL * 4096);
    put(108, 0x5000), put(109, 0xc500), put(110, 0xa1b2), put(111, 0xc3d4);
    CHECK(wwn_in(identify).empty());
    put(87, 0x4100);
    CHECK(wwn_in(identify) == "0x5000c500a1b2c3d4");
    put(103, 0xFFFF);
    CHECK(bytes_in(identify) == 0);
}

TEST_CASE("a record that is cut, doubled or of wrong lengths is refused") {
    const auto whole = recorded("ST9160821AS--3.CLH.bin");
    CHECK(!report_from_blob(""));
    CHECK(!report_from_blob(whole + whole));
    CHECK(!report_from_blob(whole + "IDFY"));
    CHECK(!report_from_blob(whole.substr(0, 520)));
    CHECK(!report_from_blob(std::string("IDFY\0\0\0\4abcd", 12) + whole.substr(520)));
    CHECK(!report_from_blob(std::string("IDFY\xff\xff\xff\xff", 8)));
    CHECK(!report_from_blob(std::string(1 << 20, 'x')));
    for (std::size_t n = 0; n < whole.size(); n += 7) (void)report_from_blob(whole.substr(0, n));
}

TEST_CASE("sections nobody knows are passed over") {
    const auto whole = recorded("ST9160821AS--3.CLH.bin");
    const auto r = report_from_blob(std::string("WHAT\0\0\0\3abc", 11) + whole);
    REQUIRE(r);
    CHECK(r->model == "ST9160821AS");
}

TEST_CASE("any bytes in the sections give a report that can be shown") {
    std::mt19937 random(4);
    const auto whole = recorded("KINGSTON_SA400S37480G_SBFKQ13.bin");
    for (int round = 0; round < 15; ++round) {
        auto parts = parts_of(whole);
        REQUIRE(parts);
        for (auto* part : {&parts->identify, &parts->data, &parts->thresholds})
            for (auto& byte : *part)
                if (round % 3 != 0 || random() % 4 == 0) byte = static_cast<char>(random());
        const auto r = report_from_blob(blob_of(*parts));
        REQUIRE(r);
        CHECK(r->attributes.size() <= 30);
        CHECK(r->model.size() <= 64);
        for (const char c : r->model + r->serial) CHECK((c >= ' ' && c < 127));
    }
}

TEST_CASE("a drive that cannot be asked whether it sleeps is not an error; one that is not there is") {
    CHECK(!awake("/dev/no-such-drive"));
    CHECK(!read_atasmart("/dev/no-such-drive"));
    if (!test::LoopDisk::possible()) return;
    const test::Folder folder;
    const test::LoopDisk disk(folder, "5b7f3f8e-8a0e-4f0b-9a55-6d2f0b1c2d40");
    const auto answer = awake(disk.node());
    REQUIRE(answer);
    CHECK(!*answer);
    CHECK(!read_atasmart(disk.node()));
}
