#include "golden.hpp"

#include <cstdlib>
#include <fstream>
#include <sstream>

namespace guardian::test {

std::string golden_difference(const std::string& name, const std::string& text) {
    const auto path = std::string(GUARDIAN_SOURCE_DIR) + "/tests/golden/" + name;
    if (const char* update = std::getenv("GUARDIAN_UPDATE_GOLDEN"); update != nullptr && *update == '1') {
        std::ofstream(path, std::ios::binary) << text;
        return "";
    }
    std::ifstream file(path, std::ios::binary);
    if (!file) return path + " is missing; the screen is:\n" + text;
    std::ostringstream wanted;
    wanted << file.rdbuf();
    if (wanted.str() == text) return "";
    return path + " holds\n" + wanted.str() + "\nand the screen is\n" + text;
}

}  // namespace guardian::test
