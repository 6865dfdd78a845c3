#include "backup/borg_log.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>
#include <cmath>

#include "base/text.hpp"

namespace guardian::backup {
namespace {

namespace json = boost::json;

std::string string_at(const json::object& o, std::string_view key, std::size_t most = 4096) {
    const auto* v = o.if_contains(key);
    if (v == nullptr || !v->is_string()) return "";
    return std::string(v->get_string()).substr(0, most);
}

std::uint64_t count_at(const json::object& o, std::string_view key) {
    const auto* v = o.if_contains(key);
    if (v == nullptr) return 0;
    if (v->is_uint64()) return v->get_uint64();
    return v->is_int64() && v->get_int64() > 0 ? static_cast<std::uint64_t>(v->get_int64()) : 0;
}

bool true_at(const json::object& o, std::string_view key) {
    const auto* v = o.if_contains(key);
    return v != nullptr && v->is_bool() && v->get_bool();
}

store::Statistics statistics_of(const json::object& o) {
    return {count_at(o, "original_size"), count_at(o, "compressed_size"), count_at(o, "deduplicated_size"),
            count_at(o, "nfiles")};
}

Level level_of(std::string_view name) {
    if (name == "DEBUG") return Level::debug;
    if (name == "INFO") return Level::info;
    if (name == "WARNING") return Level::warning;
    return Level::error;  // ERROR, CRITICAL, and whatever is new: better too loud
}

double number_at(const json::object& o, std::string_view key) {
    const auto* v = o.if_contains(key);
    if (v == nullptr || !v->is_number()) return 0;
    const double d = v->is_double()  ? v->get_double()
                     : v->is_int64() ? static_cast<double>(v->get_int64())
                                     : static_cast<double>(v->get_uint64());
    return std::isfinite(d) ? d : 0;
}

int percent_of(const json::object& o) {
    const double total = number_at(o, "total");
    if (!(total > 0)) return -1;
    return static_cast<int>(std::clamp(100.0 * number_at(o, "current") / total, 0.0, 100.0));
}

LogLine from_object(const json::object& o, std::string_view line) {
    const auto type = string_at(o, "type", 64);
    if (type == "archive_progress")
        return ArchiveProgress{statistics_of(o), string_at(o, "path"), true_at(o, "finished")};
    if (type == "progress_percent")
        return PercentProgress{string_at(o, "msgid", 64), percent_of(o), true_at(o, "finished")};
    if (type == "progress_message")
        return PercentProgress{string_at(o, "msgid", 64), -1, true_at(o, "finished")};
    if (type == "log_message")
        return Message{level_of(string_at(o, "levelname", 16)), string_at(o, "message", 32768),
                       string_at(o, "msgid", 64)};
    if (type.starts_with("question_"))
        return Question{string_at(o, "message"), string_at(o, "msgid", 64), type == "question_env_answer"};
    if (type == "file_status") return Message{Level::debug, string_at(o, "path"), ""};
    return Garbage{std::string(line.substr(0, 1024))};
}

/// The four hexadecimal digits of a \u escape; nothing when there is none at this place.
std::optional<unsigned> escape_at(std::string_view text, std::size_t at) {
    if (at + 6 > text.size() || text.substr(at, 2) != "\\u") return std::nullopt;
    unsigned unit = 0;
    const auto digits = text.substr(at + 2, 4);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + 4, unit, 16);
    if (error != std::errc{} || end != digits.data() + 4) return std::nullopt;
    return unit;
}

/// Python writes a byte of a file name that is not UTF-8 as a lone surrogate, which is not JSON: it becomes
/// U+FFFD, so that one odd name does not cost the whole line.
std::string without_lone_surrogates(std::string_view text) {
    const auto is = [](std::optional<unsigned> unit, unsigned kind) {
        return unit && (*unit & 0xFC00) == kind;
    };
    std::string out;
    for (std::size_t i = 0; i < text.size();) {
        const auto escape = std::min(text.find('\\', i), text.size());
        out += text.substr(i, escape - i);
        i = escape;
        if (i == text.size()) break;
        const auto unit = escape_at(text, i);
        const bool high = is(unit, 0xD800), pair = high && is(escape_at(text, i + 6), 0xDC00);
        const auto length = pair ? 12U : unit ? 6U : 2U;
        if (!pair && (high || is(unit, 0xDC00)))
            out += "\\ufffd";
        else
            out += text.substr(i, length);
        i += length;
    }
    return out;
}

/// The value, or nothing: no exception, and no deeper nesting than Borg ever needs.
std::optional<json::value> parse(std::string_view text) {
    json::parse_options options;
    options.max_depth = 16;
    json::error_code error;
    auto value = json::parse(without_lone_surrogates(text), error, {}, options);
    if (error) return std::nullopt;
    return value;
}

Error no_archive(std::string reason) {
    return {ErrorCode::external, "Borg did not name the archive it made", std::move(reason),
            "the archive may be missing or incomplete: it is not counted as a backup"};
}

}  // namespace

LogLine parse_log_line(std::string_view line, bool cut) {
    if (cut || line.empty() || line.front() != '{') return Garbage{std::string(line.substr(0, 1024))};
    const auto value = parse(line);
    if (!value || !value->is_object()) return Garbage{std::string(line.substr(0, 1024))};
    return from_object(value->get_object(), line);
}

std::string path_of_warning(std::string_view message) {
    if (!message.starts_with('/')) return "";
    const auto end = message.find(": ");
    return end == std::string_view::npos ? "" : std::string(message.substr(0, end));
}

bool is_borg_id(std::string_view text) {
    return text.size() == 64 && std::all_of(text.begin(), text.end(), [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
           });
}

Result<Created> parse_created(std::string_view out) {
    if (trim(out).empty()) return no_archive("it printed nothing");
    const auto value = parse(out);
    if (!value || !value->is_object()) return no_archive("what it printed is not JSON");
    const auto* archive = value->get_object().if_contains("archive");
    const auto* repository = value->get_object().if_contains("repository");
    if (archive == nullptr || !archive->is_object() || repository == nullptr || !repository->is_object())
        return no_archive("archive or repository is missing in its answer");
    const auto& a = archive->get_object();
    Created c{
        string_at(a, "name"), string_at(a, "id", 128), string_at(repository->get_object(), "id", 128), {}};
    if (!is_borg_id(c.archive_id) || !is_borg_id(c.repository_id) || c.archive.empty())
        return no_archive("the archive's or the repository's id is missing in its answer");
    if (const auto* stats = a.if_contains("stats"); stats != nullptr && stats->is_object())
        c.statistics = statistics_of(stats->get_object());
    return c;
}

std::string encryption_in(std::string_view out) {
    const auto value = parse(out);
    if (!value || !value->is_object()) return "";
    const auto* encryption = value->get_object().if_contains("encryption");
    return encryption != nullptr && encryption->is_object() ? string_at(encryption->get_object(), "mode", 64)
                                                            : "";
}

}  // namespace guardian::backup
