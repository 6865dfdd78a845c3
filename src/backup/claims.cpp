#include "backup/claims.hpp"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "backup/borg.hpp"
#include "backup/target_file.hpp"
#include "base/text.hpp"

namespace guardian::backup {
namespace {

namespace json = boost::json;

Error not_claims() {
    return {ErrorCode::refused, fmt::format("{} on the target cannot be understood", claims_name),
            "it says which machine has which archives",
            "see what is in it; guardian init TARGET --take-over writes it anew"};
}

bool take_repository(Claims& claims, std::string_view repository, const json::value& plans) {
    if (!plans.is_object()) return false;
    for (const auto& [plan, value] : plans.get_object()) {
        const auto* o = value.if_object();
        if (o == nullptr) return false;
        claims[{std::string(repository), std::string(plan)}] = {
            target_file_text(*o, "owner"), target_file_text(*o, "host"), target_file_text(*o, "machine"),
            target_file_text(*o, "since")};
    }
    return true;
}

}  // namespace

Result<Claims> read_claims(const Fd& folder) {
    const auto o = read_target_file(folder, claims_name);
    if (!o && o.error().code == ErrorCode::absent) return Claims{};
    if (!o) return o.error();
    const auto* series = o->if_contains("series");
    if (series == nullptr || !series->is_object()) return not_claims();
    Claims claims;
    for (const auto& [repository, plans] : series->get_object())
        if (!take_repository(claims, repository, plans)) return not_claims();
    return claims;
}

Result<> write_claims(const Fd& folder, const Claims& claims) {
    json::object series;
    for (const auto& [key, claim] : claims) {
        auto& plans = series[key.first];
        if (!plans.is_object()) plans.emplace_object();
        plans.get_object()[key.second] = {
            {"owner", claim.owner}, {"host", claim.host}, {"machine", claim.machine}, {"since", claim.since}};
    }
    return write_target_file(
        folder, claims_name,
        {{"about", "Which machine has which archives: each prunes its own. Guardian keeps it."},
         {"series", std::move(series)}},
        true);
}

Claim own_claim(const core::Config& config, const store::Pin& pin) {
    return {pin.owner, config.name, machine_id(), ""};
}

bool same_owner(const Claim& a, const Claim& b) {
    return a.owner == b.owner && a.host == b.host && a.machine == b.machine;
}

Result<> prove_claim(const Fd& folder, const core::PlanSpec& plan, const Claim& own) {
    const auto claims = read_claims(folder);
    if (!claims) return claims.error();
    const auto context =
        fmt::format("plan {} does not use the repository {}", plan.name, printable(plan.repository, 200));
    const auto claim = claims->find({plan.repository, plan.name});
    if (claim == claims->end())
        return Error{ErrorCode::refused, context, "guardian init has not been run since the plan was written",
                     "run guardian init for the target"};
    if (same_owner(claim->second, own)) return {};
    const bool copied = claim->second.owner == own.owner;
    return Error{
        ErrorCode::refused, context,
        fmt::format("its archives {}-… there are those of \"{}\" since {}{}", plan.name,
                    printable(claim->second.host, 60), printable(claim->second.since, 40),
                    copied ? ", and this is another machine with a copy of its state, or the same one renamed"
                           : ": each would prune the other's"),
        "give the plan another name; or, if that machine is no more: guardian init TARGET --take-over"};
}

}  // namespace guardian::backup
