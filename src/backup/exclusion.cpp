#include "backup/exclusion.hpp"

#include <fnmatch.h>

#include <filesystem>

#include "base/text.hpp"

namespace guardian::backup {
namespace {

namespace fs = std::filesystem;

/// Borg matches paths without the "/" in front, and takes it off the patterns.
std::string normal(const std::string& path) {
    auto out = fs::path("/" + path).lexically_normal().string();
    while (out.size() > 1 && out.back() == '/') out.pop_back();
    return out.starts_with("//") ? out.substr(1) : out;
}

/// What is left out takes all that is below with it.
bool matches_one_above(const std::string& glob, const std::string& path, int flags) {
    for (fs::path p = path; p.has_relative_path(); p = p.parent_path())
        if (::fnmatch(glob.c_str(), p.c_str(), flags) == 0) return true;
    return false;
}

}  // namespace

bool excludes(const std::string& pattern, const std::string& path) {
    const bool has_style = pattern.size() > 2 && pattern[2] == ':' && pattern.find('/') > 1;
    const auto style = has_style ? pattern.substr(0, 2) : "fm";
    const auto rest = normal(has_style ? pattern.substr(3) : pattern);
    // In Borg's globs a backslash is a letter like any other.
    if (style == "fm") return matches_one_above(rest, path, FNM_NOESCAPE);
    if (style == "sh" && rest.find("**") == std::string::npos)
        return matches_one_above(rest, path, FNM_NOESCAPE | FNM_PATHNAME);
    return (style == "pp" || style == "pf") && is_within(path, rest);
}

}  // namespace guardian::backup
