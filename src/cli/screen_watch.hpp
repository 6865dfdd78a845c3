#pragma once
/// A screen that keeps itself up to date: `guardian status --watch`. Owns the terminal while it lives (the
/// alternate screen, no echo, no cursor) and gives it back however it ends, short of SIGKILL. One thread. It
/// never looks at a disk: what makes it draw again is the store's files, the window, and the time.

#include <functional>
#include <string>

#include "base/result.hpp"
#include "base/time.hpp"

namespace guardian::cli {

/// What is to be shown at this width, and when to draw again though nothing has changed.
struct Picture {
    std::string text;
    Duration good_for;
};
using Painter = std::function<Result<Picture>(std::size_t width)>;

/// What draws the text over the last one: at most `rows` lines. Each line is cleared before it is written;
/// after a full line the cursor stands on its last character, and clearing would take that away.
[[nodiscard]] std::string frame(const std::string& text, std::size_t rows);

/// Draws until q, Ctrl-C or a signal. An Error: there is no terminal (usage), or the painter failed.
[[nodiscard]] Result<> watch_screen(const std::string& store_dir, const Painter& painter);

}  // namespace guardian::cli
