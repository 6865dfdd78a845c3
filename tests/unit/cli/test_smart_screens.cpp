/// The screens of guardian smart, and which drive is meant.

#include "base/text.hpp"
#include "cli/drive_choice.hpp"
#include "cli/screen_smart.hpp"
#include "golden.hpp"
#include "samples.hpp"
#include "support/catch.hpp"

using namespace guardian;
using namespace guardian::test;
using core::Sign;
using core::Verdict;
using std::chrono::days;
using std::chrono::hours;

namespace {

report::DriveFacts watched() {
    report::DriveFacts f;
    f.record.drive = {
        "wwn-0x5000c500a1b2c3d4", core::DriveKind::hdd, "ST4000VN008-2DR166", "ZDH12AB3", "SC60",
        4'000'787'030'016};
    f.record.read_at = f.record.tried_at = sample_now() - hours{3};
    f.record.verdict = Verdict::watch;
    f.record.reasons = {
        {"pending-sectors", Verdict::watch, Sign::pending,
         "8 sectors cannot be read now. What was on them is lost, unless the drive manages to read "
         "them later."}};
    for (int day = 0; day <= 200; ++day) {
        core::Signs s;
        s.set(Sign::temperature, 30 + static_cast<std::uint64_t>(day % 7));
        s.set(Sign::hours, 24'000 + 24 * static_cast<std::uint64_t>(day));
        s.set(Sign::reallocated, day < 90 ? 0 : 16);
        s.set(Sign::pending, day < 190 ? 0 : 8);
        f.history.push_back({*f.record.read_at - days{200 - day}, s});
        f.record.signs = s;
    }
    f.acknowledged = {{Sign::reallocated, 16}};
    f.targets = {"usb"};
    f.policies = {{}};
    f.attached = true;
    f.newest = core::SmartReport{};
    f.newest->hours = 28'800;
    f.newest->self_tests = {{true, core::TestResult::passed, 28'000, "Completed without error"}};
    f.newest->errors = {{28'700, true}};
    f.newest->attributes = {{5, "Reallocated_Sector_Ct", 100, 100, 10, core::Failed::never, true, 16, "16"}};
    f.events = f.recent = {
        {sample_now() - days{4}, core::KernelSign::io_error, "sdb: critical medium error, sector 2348"}};
    return f;
}

std::vector<report::DriveReport> some() {
    report::DriveFacts silent;
    silent.record.drive = {"JMicron_0123", core::DriveKind::unknown, "", "", "", 0};
    silent.record.tried_at = sample_now();
    silent.record.unknown_since = sample_now() - days{2};
    silent.record.trouble = "the USB bridge passes nothing on";
    return {report::make_drive_report(watched(), sample_now()),
            report::make_drive_report(silent, sample_now())};
}

store::DriveRecord named(const std::string& id, const std::string& model, const std::string& serial) {
    store::DriveRecord r;
    r.drive = {id, core::DriveKind::hdd, model, serial, "", 0};
    return r;
}

}  // namespace

TEST_CASE("smart: the screens at 80 and 200 columns") {
    for (const std::size_t width : {80U, 200U}) {
        const cli::SmartScreen how{width, false, true, true};
        CHECK(golden_difference(fmt::format("smart-list-{}.txt", width),
                                cli::render_drives(some(), sample_now(), how)) == "");
        CHECK(golden_difference(fmt::format("smart-drive-{}.txt", width),
                                cli::render_drive(some()[0], utc(), sample_now(), how)) == "");
    }
}

TEST_CASE("smart: a terminal without UTF-8 gets nothing but ASCII") {
    const cli::SmartScreen how{80, false, false, true};
    for (const auto& text : {cli::render_drive(some()[0], utc(), sample_now(), how),
                             cli::render_drives(some(), sample_now(), how)})
        CHECK(
            std::all_of(text.begin(), text.end(), [](char c) { return c == '\n' || (c >= 32 && c < 127 && c != '?'); }));
}

TEST_CASE("smart: a narrow screen breaks no number, and no command but as a shell reads it") {
    auto f = watched();
    f.history.back().signs.set(Sign::written, 505'680'000'000'000);
    const auto r = report::make_drive_report(f, sample_now());
    const auto text = cli::render_drive(r, utc(), sample_now(), {40, false, true, true});
    for (const auto* part : {"first 24,000, now 28,800", "505.68 TB", "Completed without error", "raw 16",
                             "guardian smart test long \\\n      wwn-0x5000c500a1b2c3d4\n"}) {
        CAPTURE(part);
        CHECK(text.find(part) != std::string::npos);
    }
    CHECK(text.find("…") == std::string::npos);
    const auto list = cli::render_drives(some(), sample_now(), {40, false, true, false});
    CHECK(list.find("temp 34 °C, on for") != std::string::npos);
    CHECK(list.find("…") == std::string::npos);
}

TEST_CASE("smart: of a long name the middle gives way, and never the verdict") {
    auto f = watched();
    f.record.drive.model = std::string(90, 'x');
    for (const std::size_t width : {40U, 80U, 200U}) {
        const auto text = cli::render_drive(report::make_drive_report(f, sample_now()), utc(), sample_now(), {width, false, true, true});
        const auto first = text.substr(0, text.find('\n'));
        CAPTURE(first);
        CHECK(first.ends_with(": watch"));
        CHECK(columns(first) <= width);
    }
}

TEST_CASE("smart: what is not plugged in and what sleeps is said in words") {
    auto f = watched();
    const auto list = [&] {
        return cli::render_drives({report::make_drive_report(f, sample_now())}, sample_now(), {120, false, true, false});
    };
    CHECK(list().find("  there ") != std::string::npos);
    f.record.trouble = "it sleeps";
    CHECK(list().find("3 h   asleep ") != std::string::npos);
    f.attached = false;
    CHECK(list().find("  absent ") != std::string::npos);
    const auto page = cli::render_drive(report::make_drive_report(f, sample_now()), utc(), sample_now(), {80, false, true, false});
    CHECK(page.find("not plugged in; read 3 h ago") != std::string::npos);
}

TEST_CASE("smart: every attribute that failed is shown, with words; the others and the counters with --all") {
    auto f = watched();
    f.newest->attributes.push_back({1, "Raw_Read_Error_Rate", 20, 20, 51, core::Failed::now, true, 7, "7"});
    f.newest->attributes.push_back({7, "Seek_Error_Rate", 80, 20, 51, core::Failed::past, true, 7, "7"});
    f.counters = {{"host reads", "12"}};
    const auto shown = [&](bool all) {
        return cli::render_drive(report::make_drive_report(f, sample_now()), utc(), sample_now(), {80, false, true, all});
    };
    for (const auto* part : {"Raw_Read_Error_Rate  now ", "Seek_Error_Rate      before "})
        CHECK(shown(false).find(part) != std::string::npos);
    for (const auto* part : {"Reallocated_Sector_Ct", "host reads"}) {
        CHECK(shown(false).find(part) == std::string::npos);
        CHECK(shown(true).find(part) != std::string::npos);
    }
}

TEST_CASE("smart: hostile text keeps the width and steers nothing") {
    auto f = watched();
    const auto evil = std::string("\x1b[2J\n\xff漢\xe2\x80\xae") + std::string(3000, 'x');
    f.record.drive = {evil, core::DriveKind::hdd, evil, evil, evil, UINT64_MAX};
    f.record.reasons[0].text = f.events[0].text = f.record.trouble = evil;
    f.targets = {evil};
    f.newest->self_tests[0].text = f.newest->attributes[0].name = f.newest->attributes[0].raw_text = evil;
    f.newest->errors[0].hours = INT64_MIN;
    f.history[0].signs.set(Sign::written, UINT64_MAX);
    const auto r = report::make_drive_report(f, sample_now());
    for (const std::size_t width : {20U, 80U, 200U}) {
        const cli::SmartScreen how{width, false, true, true};
        for (const auto& text :
             {cli::render_drive(r, utc(), sample_now(), how), cli::render_drives({r}, sample_now(), how)}) {
            CHECK(text.find('\x1b') == std::string::npos);
            for (const auto& line : split_lines(text)) CHECK(columns(line) <= width);
        }
    }
}

TEST_CASE("smart: the line of a history goes from its least to its greatest value") {
    const Time t = sample_now();
    const std::vector<report::Point> rising{{t, 0}, {t + hours{1}, 7}, {t + hours{2}, 14}};
    CHECK(cli::sparkline(rising, 3, true) == "▁▄█");
    CHECK(cli::sparkline(rising, 3, false) == "_-#");
    CHECK(cli::sparkline({{t, 5}}, 4, true) == "▁▁▁▁");
    CHECK(cli::sparkline({{t, UINT64_MAX}, {t + hours{1}, 0}}, 2, true) == "█▁");
    CHECK(cli::sparkline({}, 4, true).empty());
    const std::vector<report::Point> falling{{t, 100}, {t + hours{1}, 2}, {t + hours{2}, 100}, {t + hours{3}, 100}};
    CHECK(cli::sparkline(falling, 2, true) == "▁▁");
    CHECK(cli::sparkline(falling, 2, true, cli::Worse::when_less) == "▁█");
}

TEST_CASE("smart: a drive by its id, serial, target, device, or a beginning that is its alone") {
    const std::vector<store::DriveRecord> drives{named("wwn-0x1", "ST4000", "AAA"),
                                                 named("wwn-0x2", "ST8000", "BBB"),
                                                 named("wwn-0x23", "WDC", "CCC")};
    core::Device device;
    device.node = "/dev/sdb1";
    device.serial = "BBB";
    const auto is = [&](const std::string& name) -> std::string {
        const auto id = cli::choose_drive(drives, {{"usb", {"wwn-0x1"}}, {"pool", {"wwn-0x1", "wwn-0x2"}}},
                                          {device}, name);
        return id ? *id : id.error().code == ErrorCode::absent ? "none" : "several";
    };
    CHECK(is("wwn-0x2") == "wwn-0x2");
    CHECK(is("CCC") == "wwn-0x23");
    CHECK(is("usb") == "wwn-0x1");
    CHECK(is("pool") == "several");
    CHECK(is("/dev/sdb1") == "wwn-0x2");
    CHECK(is("/dev/sdb") == "wwn-0x2");
    CHECK(is("/dev/sd") == "none");
    CHECK(is("/dev/sdc") == "none");
    CHECK(is("st4") == "wwn-0x1");
    CHECK(is("ST") == "several");
    CHECK(is("") == "none");
}
