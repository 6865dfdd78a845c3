#pragma once
/// Reads one table of the file, key by key, and reports what does not fit. It remembers which keys were
/// asked for, so that finish() can name those nobody knows. Lives on the stack of whoever reads a section.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/report.hpp"

namespace guardian::config {

enum class Need { required, optional };

/// Makes a value of a string, or says what is wrong (context) and what would be right (remedy).
template <class T>
using Check = Result<T> (*)(std::string_view);

class Section {
  public:
    /// `path` is how messages name it: "plan.system-usb". The table must outlive this.
    Section(Report& report, std::string path, Place place, const Value& table)
        : report_(report), path_(std::move(path)), place_(place), table_(table) {}

    /// A string without control characters.
    [[nodiscard]] std::optional<std::string> text(std::string_view key, Need need);

    template <class T>
    [[nodiscard]] std::optional<T> value(std::string_view key, Need need, Check<T> check) {
        const auto* entry = take(key, need);
        const auto raw = entry ? string_of(*entry) : std::nullopt;
        if (!raw) return std::nullopt;
        auto made = check(*raw);
        if (made) return std::move(*made);
        problem(key, made.error());
        return std::nullopt;
    }

    /// An array of strings, at most `most`; empty when absent or wrong. An empty array is wrong where
    /// the key is required.
    [[nodiscard]] std::vector<std::string> list(std::string_view key, Need need, Check<std::string> check,
                                                std::size_t most);

    [[nodiscard]] bool flag(std::string_view key, bool otherwise);
    [[nodiscard]] unsigned count(std::string_view key, unsigned most);

    /// The entry as it is, noted as known; null when absent.
    const Entry* take(std::string_view key, Need need = Need::optional);

    /// A table below this one; empty when absent or not a table.
    [[nodiscard]] std::optional<Section> table(std::string_view key);

    /// The key is known, but has no place here.
    void refuse(std::string_view key, std::string_view wrong, std::string_view right);

    void problem(std::string_view key, std::string_view wrong, std::string_view right);
    void problem(std::string_view key, const Error& error);

    [[nodiscard]] bool has(std::string_view key) const { return table_.find(key) != nullptr; }

    /// Reports every key that was never asked for.
    void finish();

    [[nodiscard]] const std::string& path() const { return path_; }

  private:
    void know(std::string_view key);
    [[nodiscard]] bool is(const Entry& entry, Kind kind);
    [[nodiscard]] std::optional<std::string> string_of(const Entry& entry);
    [[nodiscard]] std::optional<std::string> item_of(std::string_view key, const Value& item,
                                                     Check<std::string> check);
    [[nodiscard]] Place place_of(std::string_view key) const;

    Report& report_;
    std::string path_;
    Place place_;
    const Value& table_;
    std::vector<std::string> known_;
};

/// Keys under which people put a passphrase itself. They have a message of their own.
[[nodiscard]] bool names_a_passphrase(std::string_view key);

}  // namespace guardian::config
