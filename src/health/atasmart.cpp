#include "health/atasmart.hpp"

// atasmart.h uses size_t without a declaration.
#include <atasmart.h>
#include <fmt/format.h>
#include <stddef.h>

#include <cerrno>
#include <cstdlib>
#include <memory>

#include "base/text.hpp"
#include "base/time.hpp"
#include "health/ata_blob.hpp"

namespace guardian::health {
namespace {

struct Free {
    void operator()(SkDisk* d) const { sk_disk_free(d); }
};
using Disk = std::unique_ptr<SkDisk, Free>;

/// The library sets some numbers below zero.
Error error_now(const std::string& context) {
    return errno_error(context, std::abs(errno));
}

bool cannot_ask() {
    const int e = std::abs(errno);
    return e == ENOTSUP || e == EOPNOTSUPP || e == ENOTTY || e == EINVAL || e == ENOSYS;
}

/// A null name makes one that takes a blob.
Result<Disk> opened(const char* node) {
    const auto context = fmt::format("cannot open {}", node == nullptr ? "a SMART record" : node);
    SkDisk* disk = nullptr;
    errno = EIO;
    if (sk_disk_open(node, &disk) < 0 || disk == nullptr) return error_now(context);
    return Disk{disk};
}

core::Failed failed_of(const SkSmartAttributeParsedData& a) {
    if (a.good_now_valid && !a.good_now) return core::Failed::now;
    return a.good_in_the_past_valid && !a.good_in_the_past ? core::Failed::past : core::Failed::never;
}

std::uint64_t raw_of(const SkSmartAttributeParsedData& a) {
    std::uint64_t out = 0;
    for (int i = 5; i >= 0; --i) out = out << 8 | a.raw[i];
    return out;
}

core::SmartAttribute attribute_of(const SkSmartAttributeParsedData& a) {
    core::SmartAttribute out;
    out.id = a.id;
    // Where a value makes no sense to the library, it takes the name away.
    if (a.name != nullptr) out.name = printable(a.name, 64);
    out.value = a.current_value;
    out.worst = a.worst_value;
    if (a.threshold_valid) out.threshold = a.threshold;
    out.failed = failed_of(a);
    out.prefail = a.prefailure;
    out.raw = raw_of(a);
    return out;
}

extern "C" void add_attribute(SkDisk*, const SkSmartAttributeParsedData* a, void* list) {
    static_cast<std::vector<core::SmartAttribute>*>(list)->push_back(attribute_of(*a));
}

std::optional<int> temperature_of(SkDisk* disk) {
    std::uint64_t millikelvin = 0;
    if (sk_disk_smart_get_temperature(disk, &millikelvin) < 0) return {};
    if (millikelvin < 173'150 || millikelvin > 473'150) return {};
    return static_cast<int>((static_cast<std::int64_t>(millikelvin) - 273'150) / 1000);
}

std::optional<std::int64_t> hours_of(SkDisk* disk) {
    std::uint64_t milliseconds = 0;
    if (sk_disk_smart_get_power_on(disk, &milliseconds) < 0) return {};
    return static_cast<std::int64_t>(milliseconds / 3'600'000);
}

void add_tests(SkDisk* disk, core::SmartReport& report) {
    const SkSmartParsedData* data = nullptr;
    if (sk_disk_smart_parse(disk, &data) < 0) return;
    if (data->self_test_execution_status == SK_SMART_SELF_TEST_EXECUTION_STATUS_INPROGRESS)
        report.test_remaining = static_cast<int>(data->self_test_execution_percent_remaining);
    if (!data->start_test_available || !data->short_and_extended_test_available) return;
    report.test_minutes_short = static_cast<int>(data->short_test_polling_minutes);
    report.test_minutes_extended = static_cast<int>(data->extended_test_polling_minutes);
}

void add_status(SkDisk* disk, core::SmartReport& report) {
    SkBool good = 0;
    if (sk_disk_smart_status(disk, &good) >= 0) report.passed = good != 0;
}

void add_identity(SkDisk* disk, const std::string& identify, core::SmartReport& report) {
    const SkIdentifyParsedData* names = nullptr;
    if (sk_disk_identify_parse(disk, &names) >= 0) {
        report.model = printable(names->model, 64);
        report.serial = printable(names->serial, 64);
        report.firmware = printable(names->firmware, 64);
    }
    report.kind = kind_in(identify);
    report.bytes = bytes_in(identify);
    report.wwn = wwn_in(identify);
}

Result<std::string> blob_of(SkDisk* disk, const std::string& context) {
    if (sk_disk_smart_read_data(disk) < 0) return error_now(context);
    const void* blob = nullptr;
    std::size_t size = 0;
    if (sk_disk_get_blob(disk, &blob, &size) < 0) return error_now(context);
    return std::string(static_cast<const char*>(blob), size);
}

}  // namespace

Result<std::optional<bool>> awake(const std::string& node) {
    const auto disk = opened(node.c_str());
    if (!disk && disk.error().code == ErrorCode::io && cannot_ask()) return std::optional<bool>{};
    if (!disk) return disk.error();
    SkBool is_awake = 1;
    // A drive that does not know the question, and one that answers it with an error, are not known to sleep.
    if (sk_disk_check_sleep_mode(disk->get(), &is_awake) < 0) return std::optional<bool>{};
    return std::optional<bool>{is_awake != 0};
}

Result<core::SmartReport> read_atasmart(const std::string& node) {
    const auto disk = opened(node.c_str());
    if (!disk) return disk.error();
    const auto blob = blob_of(disk->get(), "cannot read SMART data of " + node);
    if (!blob) return blob.error();
    auto report = report_from_blob(*blob);
    if (report)
        report->read_at_s = std::chrono::floor<std::chrono::seconds>(now()).time_since_epoch().count();
    return report;
}

Result<core::SmartReport> report_from_blob(std::string_view blob) {
    const std::string context = "cannot read a SMART record";
    const auto parts = parts_of(blob);
    if (!parts) return parts.error();
    const auto disk = opened(nullptr);
    if (!disk) return disk.error();
    const auto put_together = blob_of(*parts);
    if (sk_disk_set_blob(disk->get(), put_together.data(), put_together.size()) < 0)
        return error_now(context);
    core::SmartReport report;
    add_identity(disk->get(), parts->identify, report);
    if (sk_disk_smart_parse_attributes(disk->get(), add_attribute, &report.attributes) < 0)
        return error_now(context);
    add_status(disk->get(), report);
    add_tests(disk->get(), report);
    report.temperature = temperature_of(disk->get());
    report.hours = hours_of(disk->get());
    return report;
}

}  // namespace guardian::health
