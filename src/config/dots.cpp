#include "config/dots.hpp"

namespace guardian::config {
namespace {

/// Walks a TOML text and tells what is outside of strings and comments.
class Walker {
  public:
    explicit Walker(std::string_view text) : rest_(text) {}

    /// The next character outside; '\0' at the end.
    char next() {
        while (!rest_.empty()) {
            const char c = take(1);
            if (c == '#')
                skip_comment();
            else if (c == '"' || c == '\'')
                skip_string(c);
            else if (c != '\0')
                return c;
        }
        return '\0';
    }

    [[nodiscard]] unsigned line() const { return line_; }

  private:
    /// Drops n characters and gives the last of them.
    char take(std::size_t n) {
        char last = '\0';
        for (; n > 0 && !rest_.empty(); --n) {
            last = rest_.front();
            if (last == '\n') ++line_;
            rest_.remove_prefix(1);
        }
        return last;
    }

    void skip_comment() {
        while (!rest_.empty() && rest_.front() != '\n') rest_.remove_prefix(1);
    }

    /// After its first quote.
    void skip_string(char quote) {
        const char three[] = {quote, quote, quote};
        if (!rest_.starts_with(std::string_view{three, 2})) return skip_to_end(quote, {three, 1}, false);
        take(2);
        skip_to_end(quote, {three, 3}, true);
        // Up to two quotes directly before the closing three belong to the string.
        for (int i = 0; i < 2 && !rest_.empty() && rest_.front() == quote; ++i) take(1);
    }

    void skip_to_end(char quote, std::string_view end, bool many_lines) {
        while (!rest_.empty() && !rest_.starts_with(end)) {
            if (!many_lines && rest_.front() == '\n') return;  // a syntax error, which the library names
            take(quote == '"' && rest_.front() == '\\' ? 2 : 1);
        }
        take(end.size());
    }

    std::string_view rest_;
    unsigned line_ = 1;
};

}  // namespace

unsigned line_of_too_many_dots(std::string_view toml) {
    Walker walker(toml);
    std::size_t dots = 0;
    while (const char c = walker.next()) {
        if (c == '\n' || c == '=' || c == ',' || c == '{') dots = 0;
        if (c == '.' && ++dots > dots_max) return walker.line();
    }
    return 0;
}

}  // namespace guardian::config
