#include "machine/borg_version.hpp"

#include <cstdio>

namespace guardian::machine {

std::optional<BorgVersion> borg_version_in(std::string_view text) {
    BorgVersion v;
    const std::string words{text.substr(0, 100)};
    if (std::sscanf(words.c_str(), "borg %d.%d.%d", &v.major, &v.minor, &v.patch) == 3) return v;
    return std::nullopt;
}

/// Source: Borg's own change log, versions 1.2.1 to 1.2.4.
std::string trouble_of(const BorgVersion& version) {
    constexpr BorgVersion first_series{1, 2, 0}, modes_fixed{1, 2, 2}, least{1, 2, 4},
        next_generation{2, 0, 0};
    if (version >= next_generation) return "Borg 2 has another format of repositories";
    if (version >= least) return "";
    if (version >= first_series && version < modes_fixed)
        return "it gives a repository's files wrong modes (Borg's issue 6933), and damages hard-linked "
               "copies of "
               "repositories (6768)";
    if (version >= first_series) return "it has a fault with hard links that 1.2.4 mends (Borg's issue 7175)";
    return "it is too old";
}

}  // namespace guardian::machine
