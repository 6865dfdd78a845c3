#include "cli/ask_daemon.hpp"

#include <boost/json.hpp>
#include <chrono>

#include "control/client.hpp"

namespace guardian::cli {

namespace json = boost::json;

Result<json::object> ask(const core::Config& config, std::string_view operation) {
    return ask(config, json::object{{"op", operation}});
}

Result<json::object> ask(const core::Config& config, const json::object& request, Duration deadline) {
    const auto answer = control::request(config.runtime_dir, json::serialize(request), deadline);
    if (!answer) return answer.error();
    json::error_code error;
    auto value = json::parse(*answer, error);
    if (error || !value.is_object())
        return Error{ErrorCode::external, "guardiand's answer is not understood", "it is not a JSON object",
                     ""};
    auto& o = value.get_object();
    const auto* ok = o.if_contains("ok");
    if (ok != nullptr && ok->is_bool() && ok->get_bool()) return std::move(o);
    const auto* why = o.if_contains("error");
    const auto* code = o.if_contains("code");
    return Error{code != nullptr && code->is_string() && code->get_string() == "denied" ? ErrorCode::denied
                                                                                        : ErrorCode::external,
                 "guardiand refuses",
                 why != nullptr && why->is_string() ? std::string(why->get_string()) : "", ""};
}

std::string text_of(const json::object& answer, std::string_view key) {
    const auto* v = answer.if_contains(key);
    return v != nullptr && v->is_string() ? std::string(v->get_string()) : "";
}

}  // namespace guardian::cli
