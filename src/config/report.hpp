#pragma once
/// Collects what is wrong with one file, and words it. It bounds how much is kept: a hostile file can hold
/// a hundred thousand mistakes, and nobody reads the second thousand.

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "config/config.hpp"
#include "config/document.hpp"

namespace guardian::config {

inline constexpr std::size_t problems_max = 1000;

class Report {
  public:
    explicit Report(std::string file) : file_(std::move(file)) {}

    void problem(Place place, std::string key, std::string_view wrong, std::string_view right);
    void problem(Place place, std::string key, const Error& error);
    void note(std::string_view text);

    /// Nothing more is kept; it is only counted.
    [[nodiscard]] bool full() const { return problems_.size() >= problems_max; }

    /// All problems, sorted by place.
    [[nodiscard]] std::vector<Problem> problems() const;
    [[nodiscard]] const std::vector<std::string>& notes() const { return notes_; }

  private:
    std::string file_;
    std::vector<Problem> problems_;
    std::size_t left_out_ = 0;
    std::vector<std::string> notes_;
};

/// The text in quotes, fit to be shown: no control characters, no password, not long.
[[nodiscard]] std::string in_quotes(std::string_view text);

/// The password in "user:password@host" as "***". Where it is unclear it hides too much.
[[nodiscard]] std::string without_password(std::string_view text);

/// "plan" + "a b" -> plan."a b"
[[nodiscard]] std::string dotted(std::string_view section, std::string_view key);

/// "did you mean "x"?" when one of the known is near; else "known here: a, b, c".
[[nodiscard]] std::string nearest_hint(std::string_view wrong, const std::vector<std::string>& known,
                                       std::string_view none_known);

}  // namespace guardian::config
