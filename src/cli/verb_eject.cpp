/// guardian eject TARGET, and the release that the daemon starts

#include <boost/json.hpp>
#include <cstdio>

#include "backup/release.hpp"
#include "base/text.hpp"
#include "cli/verbs.hpp"
#include "control/client.hpp"

namespace guardian::cli {
namespace {

namespace json = boost::json;

Result<const core::TargetSpec*> find_target(const core::Config& config, const std::string& name) {
    if (const auto* target = config.target(name)) return target;
    return Error{ErrorCode::usage, fmt::format("there is no target \"{}\"", name),
                 "guardian config show lists them", ""};
}

int print_answer(const std::string& answer, const core::TargetSpec& target) {
    json::error_code error;
    const auto value = json::parse(answer, error);
    const auto text = [&](const char* key) -> std::string {
        if (error || !value.is_object()) return "";
        const auto* v = value.get_object().if_contains(key);
        return v != nullptr && v->is_string() ? std::string(v->get_string()) : "";
    };
    if (text("error").empty() && !error) {
        fmt::print("target {}: {}; it is safe to unplug\n", target.name, printable(text("done"), 500));
        return ok;
    }
    const auto code = text("code") == "busy"     ? ErrorCode::busy
                      : text("code") == "denied" ? ErrorCode::denied
                      : text("code") == "absent" ? ErrorCode::absent
                                                 : ErrorCode::external;
    return complain({code, error ? "guardiand's answer is not understood" : text("error"), "", ""});
}

/// When it was guardiand that wanted it: then it says it.
bool tell_daemon(const core::Config& config, const std::string& target, const std::string& text, int code) {
    const auto line = json::serialize(json::object{{"op", "release-ended"},
                                                   {"target", target},
                                                   {"text", valid_utf8(text.substr(0, 1500))},
                                                   {"exit_code", code}});
    return control::request_done(config.runtime_dir, line);
}

}  // namespace

int eject(const Globals& globals, const std::string& name) {
    const auto config = load_config(globals);
    if (!config) return complain(config.error());
    const auto target = find_target(*config, name);
    if (!target) return complain(target.error());
    const auto line = json::serialize(json::object{{"op", "eject"}, {"target", name}});
    const auto answer = control::request(config->runtime_dir, line, std::chrono::minutes{16});
    if (answer) return print_answer(*answer, **target);
    if (answer.error().code != ErrorCode::absent) return complain(answer.error());
    return release(globals, name);
}

int release(const Globals& globals, const std::string& name) {
    const auto config = load_config(globals);
    if (!config) return complain(config.error());
    const auto target = find_target(*config, name);
    if (!target) return complain(target.error());
    const auto done = backup::release_target(*config, **target);
    const int code = done ? int{ok} : exit_code_of(done.error().code);
    if (tell_daemon(*config, name, done ? *done : done.error().text(), code)) return code;
    if (!done) return complain(done.error());
    fmt::print("target {}: {}\n", name, *done);
    return ok;
}

}  // namespace guardian::cli
