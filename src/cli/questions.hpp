#pragma once
/// Asking a person, a line at a time. Each question has a default in brackets. The end of the input ends it
/// all, and nothing may have been done by then.

#include <cstdio>
#include <functional>
#include <istream>
#include <string>

#include "base/result.hpp"

namespace guardian::cli {

class Questions {
  public:
    Questions(std::istream& in, std::FILE* out) : in_(in), out_(out) {}

    /// What is wrong with an answer; empty: it is right.
    using Judge = std::function<std::string(const std::string&)>;

    /// Asks again until the answer is right. An empty answer is the default.
    [[nodiscard]] Result<std::string> ask(const std::string& question, const std::string& preset,
                                          const Judge& judge);
    [[nodiscard]] Result<bool> ask_yes(const std::string& question, bool preset);

  private:
    Result<std::string> line(const std::string& prompt);

    std::istream& in_;
    std::FILE* out_;
};

}  // namespace guardian::cli
