#pragma once
/// What a single value may look like: a string of the file -> the value in its normal form, or what is
/// wrong (context) and what would be right (remedy). Pure; knows nothing of the other keys.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/time.hpp"
#include "core/spec.hpp"

namespace guardian::config {

/// C0, DEL or C1: no path, pattern or name of this file needs one.
[[nodiscard]] bool has_control(std::string_view text);

/// Names of targets, jobs and plans: [a-z0-9][a-z0-9_-]{0,39}.
[[nodiscard]] bool is_section_name(std::string_view name);

[[nodiscard]] Result<std::string> machine_name(std::string_view text);
[[nodiscard]] Result<std::string> credential_name(std::string_view text);
[[nodiscard]] Result<std::string> nonempty(std::string_view text);

/// Absolute, without "." and "..", slashes single and none at the end.
[[nodiscard]] Result<std::string> absolute_path(std::string_view text);
/// absolute_path() that is neither "/" nor a folder the system itself lives in.
[[nodiscard]] Result<std::string> mount_point(std::string_view text);
/// absolute_path() other than "/".
[[nodiscard]] Result<std::string> own_folder(std::string_view text);
/// A folder below the mount point: relative, without "." and "..", no part hidden or like an option.
[[nodiscard]] Result<std::string> repository_path(std::string_view text);

/// A filesystem's UUID as udev's ID_FS_UUID spells it.
[[nodiscard]] Result<std::string> filesystem_uuid(std::string_view text);
[[nodiscard]] Result<std::string> share_source(std::string_view text);
/// host:port, [v6]:port
[[nodiscard]] Result<std::string> host_and_port(std::string_view text);

/// What `borg create --compression` takes, in Borg 1.2 and 1.4 alike.
[[nodiscard]] Result<std::string> compression(std::string_view text);
[[nodiscard]] Result<std::string> encryption_mode(std::string_view text);
/// "5 GB", "5GiB", "1000" (bytes).
[[nodiscard]] Result<std::uint64_t> byte_size(std::string_view text);
/// From 1 microsecond to 100 years, so that sums with moments never overflow.
[[nodiscard]] Result<core::Schedule> schedule(std::string_view text);
[[nodiscard]] Result<Duration> positive_span(std::string_view text);

[[nodiscard]] Result<core::TargetType> target_type(std::string_view text);
[[nodiscard]] Result<core::WhenDone> when_done(std::string_view text);
[[nodiscard]] Result<core::OnPlug> on_plug(std::string_view text);
[[nodiscard]] Result<core::OnVerdict> on_verdict(std::string_view text);
/// "never" is zero.
[[nodiscard]] Result<Duration> span_or_never(std::string_view text);
[[nodiscard]] Result<std::string> job_type(std::string_view text);

}  // namespace guardian::config
