#include "watch/sysfs.hpp"

#include <algorithm>

namespace guardian::watch {

namespace fs = std::filesystem;

std::vector<fs::path> slaves_of(const fs::path& device) {
    constexpr std::size_t most = 256;
    std::vector<fs::path> out;
    std::error_code error;
    for (auto i = fs::directory_iterator(device / "slaves", error); !error && i != fs::directory_iterator();
         i.increment(error)) {
        std::error_code gone;
        const auto slave = fs::canonical(i->path(), gone);
        if (!gone) out.push_back(slave);
        if (out.size() >= most) break;
    }
    std::sort(out.begin(), out.end());
    return out;
}

}  // namespace guardian::watch
