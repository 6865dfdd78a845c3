// Any bytes as guardian.toml: no crash, messages fit for a terminal, and what is accepted is shown in a way
// that is accepted again and shown the same.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/text.hpp"
#include "config/config.hpp"

namespace {

using namespace guardian;

void require(bool condition) {
    if (!condition) std::abort();
}

void require_printable(const config::Loaded& loaded) {
    for (const auto& p : loaded.problems) require(printable(p.text(), 1'000'000) == p.text());
    for (const auto& n : loaded.notes) require(printable(n, 1'000'000) == n);
}

/// Nothing of it is masked by show().
bool has_no_secret(const core::Config& c) {
    for (const auto& p : c.plans)
        if (p.passphrase.command.size() > 1) return false;
    for (const auto& t : c.targets)
        if (t.source.find('@') != std::string::npos) return false;
    return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view toml(reinterpret_cast<const char*>(data), size);
    const auto loaded = config::load_text(toml, "fuzz");
    require_printable(loaded);
    const auto shown = config::show(loaded.config);
    if (!loaded.ok()) return 0;
    const auto again = config::load_text(shown, "shown");
    require(again.ok());
    require(config::show(again.config) == shown);
    require(!has_no_secret(loaded.config) || again.config == loaded.config);
    return 0;
}
