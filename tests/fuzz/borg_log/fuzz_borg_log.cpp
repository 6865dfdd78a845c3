/// Borg's words, however torn: a line of its log and the answer of `borg create --json`. Nothing may crash,
/// nothing is longer than its cap, and an archive is only named by a whole answer with both ids.

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "backup/borg_log.hpp"

namespace {

using namespace guardian::backup;

void require(bool good) {
    if (!good) std::abort();
}

struct Bounded {
    void operator()(const ArchiveProgress& p) const { require(p.path.size() <= 4096); }
    void operator()(const PercentProgress& p) const { require(p.percent >= -1 && p.percent <= 100); }
    void operator()(const Message& m) const { require(m.text.size() <= 32768 && m.id.size() <= 64); }
    void operator()(const Question& q) const { require(q.text.size() <= 4096 && q.id.size() <= 64); }
    void operator()(const Garbage& g) const { require(g.text.size() <= 1024); }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    std::visit(Bounded{}, parse_log_line(text, false));
    require(std::holds_alternative<Garbage>(parse_log_line(text, true)));
    require(path_of_warning(text).size() <= size);
    if (const auto created = parse_created(text)) {
        require(is_borg_id(created->archive_id) && is_borg_id(created->repository_id));
        require(!created->archive.empty() && text.rfind('}') != std::string_view::npos);
        require(!parse_created(text.substr(0, text.rfind('}'))));
    }
    return 0;
}
