/// Every print format of a raw value (smartctl's manual page, -v), with the bits that it stands for.

#include "health/smartctl_raw.hpp"
#include "support/catch.hpp"

using guardian::health::raw_value;

TEST_CASE("raw: plain numbers") {
    CHECK(raw_value("0", "") == 0u);
    CHECK(raw_value("281474976710655", "") == 0xFFFFFFFFFFFFu);
    CHECK(raw_value("18446744073709551615", "") == ~std::uint64_t{0});
    CHECK(raw_value("0x00ff10", "") == 0xFF10u);
}

TEST_CASE("raw: words and bytes side by side") {
    CHECK(raw_value("2 2 2", "Command_Timeout") == 8590065666u);
    CHECK(raw_value("1 2 3 4 5 6", "") == 0x010203040506u);
    CHECK(raw_value("4170 (247 9539)", "") == 1061482074186u);
    CHECK(raw_value("43 (43 0)", "") == 0x002B0000002Bu);
    CHECK(raw_value("17 (198 87 0)", "Head_Flying_Hours") == ((198ull << 40) | (87ull << 32) | 17));
    CHECK(raw_value("38 (0 16 0 0 0)", "Temperature_Celsius") == 68719476774u);
    CHECK(raw_value("347 (Average 348)", "Spin_Up_Time") == 22806875u);
}

TEST_CASE("raw: what does not fit the bits of its format is a number with something behind it") {
    CHECK(raw_value("70000 (1 2)", "") == 70000u);
    CHECK(raw_value("1 2 70000", "") == 1u);
    CHECK(raw_value("5 (256 0 0)", "") == 5u);
}

TEST_CASE("raw: times") {
    CHECK(raw_value("37054h+12m", "Power_On_Hours") == 37054u * 60 + 12);
    CHECK(raw_value("10h+20m+30s", "Power_On_Hours") == 37230u);
    CHECK(raw_value("10h+20m (7)", "") == ((7ull << 32) | 620));
    CHECK(raw_value("1000h+02m+03.004s", "Head_Flying_Hours") == ((123004ull << 32) | 1000));
}

TEST_CASE("raw: two counters, whose halves the attribute's name tells") {
    CHECK(raw_value("1/234", "Unknown_Attribute") == ((1ull << 32) | 234));
    CHECK(raw_value("1/234", "Spare_Blocks_Remaining") == ((1ull << 24) | 234));
    CHECK(raw_value("1/234", "Soft_Errors_and_More") == ((1ull << 24) | 234));
}

TEST_CASE("raw: temperatures") {
    CHECK(raw_value("33 (Min/Max 30/40)", "") == 33u);
    CHECK(raw_value("-5 (Min/Max -9/40)", "") == 251u);
    CHECK(raw_value("33 (Min/Max 30/40 #12)", "") == 33u);
    CHECK(raw_value("31.5", "") == 315u);
}

TEST_CASE("raw: anything else") {
    CHECK(raw_value("12 of many", "") == 12u);
    CHECK_FALSE(raw_value("", ""));
    CHECK_FALSE(raw_value("none", ""));
    CHECK_FALSE(raw_value("99999999999999999999999", ""));
    CHECK(raw_value("# # #", "") == std::nullopt);
    CHECK(raw_value("7" + std::string(100, ' '), "") == 7u);
}
