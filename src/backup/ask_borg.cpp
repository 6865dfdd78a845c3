#include "backup/ask_borg.hpp"

#include "backup/borg.hpp"
#include "backup/borg_log.hpp"

namespace guardian::backup {

Result<std::string> ask_borg(const Command& command, const std::string& context,
                             const std::string& repository, const std::vector<Interrupt>& interrupts,
                             std::string* error_id) {
    std::string said, id;
    const LineSink listen = [&](std::string_view line, bool cut) {
        const auto parsed = parse_log_line(line, cut);
        if (const auto* m = std::get_if<Message>(&parsed);
            m != nullptr && m->level == Level::error && id.empty()) {
            said = m->text;
            id = m->id;
        } else if (const auto* g = std::get_if<Garbage>(&parsed); g != nullptr && said.empty()) {
            said = g->text;
        }
    };
    Limits limits;
    limits.deadline = std::chrono::minutes{10};
    auto exit = run_child(command, limits, interrupts, listen);
    if (!exit) return exit.error();
    if (exit->stopped) return Error{exit->stopped->code, context, exit->stopped->text(), ""};
    if (verdict_of(exit->code) != BorgVerdict::error) return std::move(exit->out);
    if (error_id != nullptr) *error_id = id;
    auto error = explain(exit->code, id, said, repository);
    error.context = context;
    return error;
}

}  // namespace guardian::backup
