#include "daemon/requests.hpp"

#include <fmt/format.h>

#include <array>
#include <boost/json.hpp>
#include <optional>

#include "base/text.hpp"
#include "report/told_health.hpp"

namespace guardian::daemon {
namespace {

namespace json = boost::json;

struct Form {
    std::string_view op;
    Operation operation;
    std::string_view name_key;  ///< empty: the request names nothing
    bool root_only;
};

constexpr std::size_t name_max = 100, text_max = 2000;

constexpr std::array forms{
    Form{"ping", Operation::ping, "", false},
    Form{"status", Operation::status, "", false},
    Form{"reload", Operation::reload, "", true},
    Form{"run", Operation::run, "plan", true},
    Form{"eject", Operation::eject, "target", true},
    Form{"run-started", Operation::run_started, "plan", true},
    Form{"launched", Operation::launched, "plan", true},
    Form{"run-ended", Operation::run_ended, "plan", true},
    Form{"release-ended", Operation::release_ended, "target", true},
    Form{"initialised", Operation::initialised, "target", true},
    Form{"drive-forgotten", Operation::drive_forgotten, "drive", true},
    Form{"health-told", Operation::health_told, "subject", true},
    Form{"health-changed", Operation::health_changed, "", true},
};

Error not_understood(std::string reason) {
    return {ErrorCode::usage, "the request is not understood", std::move(reason),
            R"(send for example {"op":"status"} and a newline)"};
}

std::optional<std::string> text_at(const json::object& o, std::string_view key, std::size_t most = name_max) {
    const auto* v = o.if_contains(key);
    if (v == nullptr || !v->is_string() || v->get_string().size() > most) return std::nullopt;
    return std::string(v->get_string());
}

std::string_view code_word(ErrorCode code) {
    switch (code) {
        case ErrorCode::usage:
        case ErrorCode::config:
            return "usage";
        case ErrorCode::denied:
            return "denied";
        case ErrorCode::busy:
            return "busy";
        case ErrorCode::absent:
            return "absent";
        case ErrorCode::refused:
            return "refused";
        case ErrorCode::timeout:
        case ErrorCode::cancelled:
        case ErrorCode::vanished:
        case ErrorCode::io:
        case ErrorCode::external:
            return "failed";
    }
    return "failed";
}

Result<Request> from_form(const Form& form, const json::object& o) {
    Request request;
    request.operation = form.operation;
    if (!form.name_key.empty()) {
        // A drive's id is made of its model and serial, and longer than a name.
        const bool is_drive = form.operation == Operation::drive_forgotten;
        auto name = text_at(o, form.name_key, is_drive ? text_max : name_max);
        if (!name) return not_understood(fmt::format("\"{}\" wants a \"{}\"", form.op, form.name_key));
        request.name = std::move(*name);
    }
    if (form.operation == Operation::run_started) {
        const auto* run = o.if_contains("run");
        if (run == nullptr || !run->is_int64() || run->get_int64() < 0)
            return not_understood("\"run\" is not a number");
        request.run = run->get_int64();
    }
    const bool is_told = form.operation == Operation::health_told;
    if (form.operation == Operation::run_ended || form.operation == Operation::release_ended || is_told) {
        auto text = text_at(o, "text", is_told ? report::told_max : text_max);
        if (!text) return not_understood("\"text\" is missing or too long");
        request.text = std::move(*text);
        const auto* code = o.if_contains("exit_code");
        if (code != nullptr && code->is_int64()) request.exit_code = static_cast<int>(code->get_int64());
        const auto* held = o.if_contains("held_by_health");
        request.held_by_health = held != nullptr && held->is_bool() && held->get_bool();
    }
    return request;
}

}  // namespace

Result<Request> parse_request(const std::string& line, const Peer& peer) {
    if (!peer.root && !peer.in_group)
        return Error{ErrorCode::denied, "not permitted",
                     "only root and members of the group guardian may ask", ""};
    json::parse_options options;
    options.max_depth = 4;
    json::error_code error;
    const auto value = json::parse(line, error, {}, options);
    if (error || !value.is_object()) return not_understood("it is not a JSON object");
    const auto& o = value.get_object();
    const auto op = text_at(o, "op");
    if (!op) return not_understood("it has no \"op\"");
    for (const auto& form : forms) {
        if (form.op != *op) continue;
        if (form.root_only && !peer.root)
            return Error{ErrorCode::denied, "not permitted",
                         fmt::format("only root may ask for \"{}\"", form.op), ""};
        return from_form(form, o);
    }
    return not_understood(fmt::format("there is no \"{}\"", printable(*op, 40)));
}

std::string refusal_answer(const Error& error) {
    return json::serialize(json::object{{"ok", false},
                                        {"code", code_word(error.code)},
                                        {"error", valid_utf8(printable(error.text(), 2000))}});
}

std::string done_answer(const std::string& done) {
    return json::serialize(json::object{{"ok", true}, {"done", valid_utf8(done)}});
}

}  // namespace guardian::daemon
