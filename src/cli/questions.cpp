#include "cli/questions.hpp"

#include <fmt/format.h>

#include "base/text.hpp"

namespace guardian::cli {

Result<std::string> Questions::line(const std::string& prompt) {
    fmt::print(out_, "{}: ", printable(prompt, 500));
    std::fflush(out_);
    std::string text;
    if (std::getline(in_, text)) return trim(text);
    fmt::print(out_, "\n");
    return Error{ErrorCode::cancelled, "the questions were ended", "nothing was written", ""};
}

Result<std::string> Questions::ask(const std::string& question, const std::string& preset,
                                   const Judge& judge) {
    while (true) {
        auto answer = line(preset.empty() ? question : fmt::format("{} [{}]", question, preset));
        if (!answer) return answer;
        if (answer->empty()) *answer = preset;
        const auto wrong = judge(*answer);
        if (wrong.empty()) return answer;
        fmt::print(out_, "  {}\n", printable(wrong, 1000));
    }
}

Result<bool> Questions::ask_yes(const std::string& question, bool preset) {
    const auto judge = [](const std::string& a) -> std::string {
        const auto word = to_lower(a);
        const bool known = word == "y" || word == "yes" || word == "n" || word == "no";
        return known ? "" : "answer yes or no";
    };
    const auto answer = ask(question, preset ? "yes" : "no", judge);
    if (!answer) return answer.error();
    return to_lower(*answer).starts_with('y');
}

}  // namespace guardian::cli
