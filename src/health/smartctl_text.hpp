#pragma once
/// smartctl's plain text, as people paste it and older tools keep it: `-a`, `-x`, `-A`, `-H` and the like of
/// versions 5.4x to 7.4, ATA, NVMe and SCSI. It owns what the words and columns of that output mean; it
/// judges nothing and decodes no drive's quirk. What the text does not say stays unset. The formats are those
/// that smartctl prints (its manual page, and recorded reports in tests/data/smart).
///
/// Any bytes can be given: quotation marks of a mail, Latin-1, CR LF, half a report. Of them 1 MiB is looked
/// at, once; every list and string of the result has a limit. A text of two drives is refused, and so is one
/// of two readings of a drive that are not the same; of one that says FAILED and one that does not FAILED
/// counts.

#include <string_view>

#include "base/result.hpp"
#include "core/smart.hpp"

namespace guardian::health {

/// An Error (usage) when nothing in the text is smartctl's, or more than one reading is.
[[nodiscard]] Result<core::SmartReport> parse_smartctl_text(std::string_view text);

}  // namespace guardian::health
