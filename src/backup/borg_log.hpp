#pragma once
/// What Borg says: the JSON lines of --log-json on stderr and the one object of --json on stdout, as values.
/// Pure parsing of hostile text: anything that is not what Borg's documentation promises comes back as
/// Garbage, never as an exception. Source of the format: Borg's "internals/frontends" documentation, 1.2
/// to 1.4.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/result.hpp"
#include "store/store.hpp"

namespace guardian::backup {

struct ArchiveProgress {
    store::Statistics so_far;
    std::string path;
    bool finished = false;
};
struct PercentProgress {
    std::string operation;  ///< msgid, e.g. "repository.compact_segments"
    int percent = -1;
    bool finished = false;
};
enum class Level { debug, info, warning, error };
struct Message {
    Level level = Level::info;
    std::string text;
    std::string id;  ///< msgid, e.g. "Repository.DoesNotExist"
};
struct Question {
    std::string text;
    std::string id;
    bool answered = false;  ///< the environment that Borg was given has answered it
};
/// Not a line of Borg's JSON.
struct Garbage {
    std::string text;
};

using LogLine = std::variant<ArchiveProgress, PercentProgress, Message, Question, Garbage>;

/// `cut`: the line was longer than the cap, and only its beginning is here.
[[nodiscard]] LogLine parse_log_line(std::string_view line, bool cut);

/// A warning's path, when the message begins with one: "/home/x: open: [Errno 13] …".
[[nodiscard]] std::string path_of_warning(std::string_view message);

struct Created {
    std::string archive;
    std::string archive_id;     ///< 64 hexadecimal digits
    std::string repository_id;  ///< the same
    store::Statistics statistics;
};

/// The object that `borg create --json` prints after the archive was saved.
[[nodiscard]] Result<Created> parse_created(std::string_view standard_output);

/// The mode in what `borg info --json` prints: "none", "repokey-blake2"; empty: it does not say.
[[nodiscard]] std::string encryption_in(std::string_view standard_output);

[[nodiscard]] bool is_borg_id(std::string_view text);

}  // namespace guardian::backup
