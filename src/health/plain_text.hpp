#pragma once
/// What mail, forums, web pages and terminals do to a pasted report, undone.

#include <string>
#include <string_view>

namespace guardian::health {

/// Of the first MiB. CR ends a line as well; NUL (of Windows' UTF-16), the colours of a terminal and the
/// breaks of quoted-printable are left out; blanks, dashes and apostrophes that are not ASCII become such;
/// and the tags of HTML and of forums, and the stars and backticks of Markdown, are blanks.
[[nodiscard]] std::string plain_text(std::string_view text);

}  // namespace guardian::health
