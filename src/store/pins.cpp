#include "store/pins.hpp"

#include <boost/json.hpp>
#include <filesystem>

#include "base/file.hpp"

namespace guardian::store {
namespace {

namespace json = boost::json;

std::string pins_path(const std::string& state_dir) {
    return state_dir + "/pins.json";
}

Pin pin_from(const json::object& o) {
    Pin p;
    p.token = o.at("token").as_string().c_str();
    p.owner = o.at("owner").as_string().c_str();
    p.at = from_micros(o.at("at").as_int64());
    p.after_run = o.at("after_run").as_int64();
    for (const auto& [path, value] : o.at("repositories").as_object()) {
        const auto& r = value.as_object();
        p.repositories[std::string(path)] = {r.at("id").as_string().c_str(),
                                             r.at("encryption").as_string().c_str(),
                                             r.at("after_run").as_int64()};
    }
    return p;
}

}  // namespace

Result<Pins> load_pins(const std::string& state_dir) {
    const auto path = pins_path(state_dir);
    const auto text = read_file(path);
    if (!text && text.error().code == ErrorCode::absent) return Pins{};
    if (!text) return text.error();
    try {
        Pins pins;
        const auto all = json::parse(*text);
        for (const auto& [target, pin] : all.as_object())
            pins.emplace(std::string(target), pin_from(pin.as_object()));
        return pins;
    } catch (const std::exception& e) {
        return Error{
            ErrorCode::io, "cannot read " + path, e.what(),
            "restore it from a backup, or guardian init TARGET --take-over with the right disk plugged in"};
    }
}

Result<std::string> set_pins_aside(const std::string& state_dir) {
    const auto path = pins_path(state_dir);
    std::error_code error;
    for (int n = 1;; ++n) {
        const auto aside = path + ".broken-" + std::to_string(n);
        if (std::filesystem::exists(std::filesystem::symlink_status(aside, error))) continue;
        std::filesystem::rename(path, aside, error);
        if (error)
            return Error{ErrorCode::io, "cannot keep the broken " + path, error.message(),
                         "move it away by hand"};
        return "the broken " + path + " is kept as " + aside +
               ": every other target is to be initialised again too";
    }
}

Result<> save_pins(const std::string& state_dir, const Pins& pins) {
    std::error_code error;
    std::filesystem::create_directories(state_dir, error);
    json::object all;
    for (const auto& [target, pin] : pins) {
        json::object repositories;
        for (const auto& [path, r] : pin.repositories)
            repositories[path] = {{"id", r.id}, {"encryption", r.encryption}, {"after_run", r.after_run}};
        all[target] = {{"token", pin.token},
                       {"owner", pin.owner},
                       {"at", to_micros(pin.at)},
                       {"after_run", pin.after_run},
                       {"repositories", std::move(repositories)}};
    }
    return replace_file(pins_path(state_dir), json::serialize(all) + "\n",
                        0640);  // the daemon, which need not be root, reads it
}

}  // namespace guardian::store
