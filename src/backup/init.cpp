#include "backup/init.hpp"

#include <fmt/format.h>
#include <sys/statvfs.h>

#include "backup/ask_borg.hpp"
#include "backup/borg.hpp"
#include "backup/claims.hpp"
#include "backup/locks.hpp"
#include "backup/marker.hpp"
#include "backup/mounting.hpp"
#include "backup/passphrase.hpp"
#include "backup/proof.hpp"
#include "base/text.hpp"
#include "store/pins.hpp"

namespace guardian::backup {
namespace {

class Initialiser {
  public:
    Initialiser(const InitRequest& request, std::string borg, store::Pins pins, StopSources& stops)
        : request_(request),
          target_(request.target),
          borg_(std::move(borg)),
          pins_(std::move(pins)),
          stops_(stops) {}

    Result<> run() {
        if (auto done = find_device(); !done) return done;
        const bool was_mounted = is_mounted_in_place(target_, device());
        if (!was_mounted)
            if (auto done = mount(); !done) return done;
        auto done = on_the_mount();
        mount_ = {};
        if (was_mounted || !is_mounted_in_place(target_, device())) return done;
        auto unmounted = unmount(target_.mount);
        if (done && !unmounted) return unmounted;
        return done;
    }

  private:
    [[nodiscard]] const core::Device* device() const { return device_ ? &*device_ : nullptr; }

    Result<> find_device() {
        if (target_.type == core::TargetType::share) return {};
        auto found = identify(target_, stops_.devices());
        if (!found) return found.error();
        device_ = std::move(*found);
        stops_.expect(*device_);
        return prove_superblock(target_, *device_);
    }

    Result<> mount() {
        if (device_) return mount_disk(target_, *device_, stops_.interrupts());
        return mount_share(target_, stops_.interrupts());
    }

    Result<> on_the_mount() {
        auto mount = prove_mount(target_, device());
        if (!mount) return mount.error();
        mount_ = std::move(*mount);
        if (auto done = settle_marker(); !done) return done;
        for (const auto& plan : request_.config.plans)
            if (plan.target == target_.name)
                if (auto done = settle_repository(plan); !done) return done;
        return {};
    }

    [[nodiscard]] store::Pin* pin() {
        const auto it = pins_.find(target_.name);
        return it == pins_.end() ? nullptr : &it->second;
    }

    Result<> pin_token(const std::string& token) {
        auto& pin = pins_[target_.name];
        if (pin.owner.empty()) {
            auto owner = random_token();
            if (!owner) return owner.error();
            pin.owner = std::move(*owner);
        }
        if (pin.token != token) pin.repositories.clear();
        pin.token = token;
        return save();
    }

    /// A refusal before now is settled by it.
    Result<> save() {
        auto& pin = pins_[target_.name];
        pin.at = now();
        pin.after_run = request_.newest_run;
        return store::save_pins(request_.config.state_dir, pins_);
    }

    Result<> settle_marker() {
        const auto marker = read_marker(mount_.root);
        if (!marker && marker.error().code == ErrorCode::absent) return new_marker();
        if (!marker) return marker.error();
        if (pin() != nullptr && pin()->token == marker->token) {
            request_.say(fmt::format("the marker on {} is the pinned one", target_.mount));
            return save();
        }
        if (!request_.adopt)
            return Error{ErrorCode::refused, fmt::format("{} carries a marker already", target_.mount),
                         fmt::format("made for target \"{}\" of \"{}\" on {}", printable(marker->target, 60),
                                     printable(marker->host, 60), printable(marker->created, 40)),
                         fmt::format("if the disk is yours: guardian init {} --adopt", target_.name)};
        request_.say("the marker that is there is adopted");
        return pin_token(marker->token);
    }

    Result<> new_marker() {
        if (pin() != nullptr && !request_.replace)
            return Error{
                ErrorCode::refused, fmt::format("target {} was initialised before", target_.name),
                fmt::format("on {}, and the disk that is there now carries no marker: it may be another one",
                            format_minute(pin()->at, local_zone())),
                fmt::format("if it is a new disk in the old one's place: guardian init {} --replace",
                            target_.name)};
        const auto token = random_token();
        if (!token) return token.error();
        const Marker marker{*token, target_.name, request_.config.name, rfc3339(now(), local_zone())};
        if (auto done = write_marker(mount_.root, marker); !done) return done;
        request_.say(fmt::format("marker written: {}/{}", target_.mount, marker_name));
        return pin_token(*token);
    }

    Result<> settle_repository(const core::PlanSpec& plan) {
        auto passphrase = passphrase_of(plan);
        if (!passphrase) return passphrase.error();
        const BorgContext context{borg_,
                                  core::repository_path(target_, plan),
                                  borg_base_dir(request_.config),
                                  borg_host_id(request_.config, pin()->owner),
                                  std::move(*passphrase),
                                  false,
                                  core::repository_name(plan)};
        if (auto done = prove_place(mount_.root, plan.repository); !done) return done;
        const auto there = repository_id(mount_.root, plan.repository);
        if (!there && there.error().code != ErrorCode::absent) return there.error();
        auto settled = there ? keep_repository(context, plan, *there) : create_repository(context, plan);
        if (!settled) return settled;
        return settle_claim(context, plan, bool(there));
    }

    Result<> keep_repository(const BorgContext& context, const core::PlanSpec& plan, const std::string& id) {
        const auto pinned = pin()->repositories.find(plan.repository);
        if (pinned != pin()->repositories.end() && pinned->second.id == id) {
            request_.say(fmt::format("repository {} is the pinned one", plan.repository));
            return prove_encryption(plan, pinned->second.encryption);
        }
        if (!request_.adopt)
            return Error{ErrorCode::refused, fmt::format("a repository is at {} already", context.repository),
                         "Guardian did not make it, or was stopped before it had noted it down",
                         fmt::format("if it is yours: guardian init {} --adopt", target_.name)};
        // Borg itself has to be able to open it, with the passphrase, before it is trusted.
        const auto info = borg(info_command(context), "cannot open the repository " + context.repository);
        if (!info) return info.error();
        if (auto done = prove_encryption(plan, encryption_in(*info)); !done) return done;
        request_.say(fmt::format("repository {} is adopted, id {}…", plan.repository, id.substr(0, 12)));
        return pin_repository(plan, id);
    }

    /// The plan's series is this installation's from now on. One that is another's, or that nobody knows of,
    /// only when the person says so: it would be pruned.
    Result<> settle_claim(const BorgContext& context, const core::PlanSpec& plan, bool was_there) {
        auto claims = read_claims(mount_.root);
        if (!claims && !request_.take_over) return claims.error();
        auto all = claims ? std::move(*claims) : Claims{};
        const auto key = std::pair{plan.repository, plan.name};
        const auto claim = all.find(key);
        const bool claimed = claim != all.end();
        auto own = own_claim(request_.config, *pin());
        if (claimed && same_owner(claim->second, own)) return {};
        if (claimed && !request_.take_over)
            return not_taken(
                plan, fmt::format("they are those of \"{}\" since {}", printable(claim->second.host, 60),
                                  printable(claim->second.since, 40)));
        if (!claimed && was_there && !request_.take_over) {
            const auto names = series(context, plan);
            if (!names) return names.error();
            if (!names->empty()) return not_taken(plan, "nothing on the disk says whose they are");
        }
        own.since = rfc3339(now(), local_zone());
        all[key] = std::move(own);
        if (claimed || was_there)
            request_.say(fmt::format("the archives {}-… in {} are this machine's from now on", plan.name,
                                     plan.repository));
        return write_claims(mount_.root, all);
    }

    Error not_taken(const core::PlanSpec& plan, const std::string& why) const {
        return {ErrorCode::refused,
                fmt::format("the repository {} has archives {}-… already, and plan {} would prune them",
                            plan.repository, plan.name, plan.name),
                why,
                fmt::format(
                    "give the plan a name of its own; or, if they are this machine's, or of one that is no "
                    "more: guardian init {} --take-over",
                    target_.name)};
    }

    /// The archives that the plan would prune, as Borg lists them.
    Result<std::string> series(const BorgContext& context, const core::PlanSpec& plan) {
        auto names = borg(list_series_command(context, plan.name),
                          "cannot list the archives of " + context.repository);
        if (!names) return names.error();
        return trim(*names);
    }

    Result<> create_repository(const BorgContext& context, const core::PlanSpec& plan) {
        if (pin()->repositories.contains(plan.repository) && !request_.replace)
            return Error{ErrorCode::refused,
                         fmt::format("the repository {} was there before", plan.repository),
                         "and is gone from the disk",
                         fmt::format("find out who removed it; for a new one: guardian init {} --replace",
                                     target_.name)};
        if (auto done =
                borg(init_command(context, plan), "cannot create the repository " + context.repository);
            !done)
            return done.error();
        if (auto done =
                borg(reserve_space_command(context, disk_bytes()), "cannot set additional_free_space");
            !done)
            return done.error();
        const auto id = repository_id(mount_.root, plan.repository);
        if (!id) return id.error();
        request_.say(fmt::format("repository {} created, encryption {}, id {}…", plan.repository,
                                 plan.encryption, id->substr(0, 12)));
        if (plan.encryption.starts_with("repokey") || plan.encryption.starts_with("keyfile"))
            request_.say(
                fmt::format("keep a copy of its key elsewhere: BORG_BASE_DIR={} borg key export {} FILE",
                            context.base_dir, context.repository));
        return pin_repository(plan, *id);
    }

    [[nodiscard]] std::uint64_t disk_bytes() const {
        struct statvfs st {};
        return ::fstatvfs(mount_.root.get(), &st) == 0 ? static_cast<std::uint64_t>(st.f_blocks) * st.f_frsize
                                                       : 0;
    }

    /// Borg itself would refuse one of the two at every second run. A target that is no longer configured may
    /// have been renamed.
    Result<> must_be_the_only_one(const core::PlanSpec& plan, const std::string& id) const {
        for (const auto& [target, other] : pins_) {
            if (target == target_.name || request_.config.target(target) == nullptr) continue;
            for (const auto& [path, repository] : other.repositories)
                if (repository.id == id)
                    return Error{ErrorCode::refused,
                                 fmt::format("the repository {} on target {} is a copy", plan.repository,
                                             target_.name),
                                 fmt::format("of {} on target {}: both have the id {}…", printable(path, 200),
                                             target, id.substr(0, 12)),
                                 "one backup copied is not two: remove the copy, and let guardian init make "
                                 "a new one"};
        }
        return {};
    }

    Result<> pin_repository(const core::PlanSpec& plan, const std::string& id) {
        if (auto done = must_be_the_only_one(plan, id); !done) return done;
        pin()->repositories[plan.repository] = {id, plan.encryption, request_.newest_run};
        return save();
    }

    Result<std::string> borg(const Command& command, const std::string& context) {
        return ask_borg(command, context, command.argv.back(), stops_.interrupts());
    }

    const InitRequest& request_;
    const core::TargetSpec& target_;
    std::string borg_;
    store::Pins pins_;
    StopSources& stops_;
    std::optional<core::Device> device_;
    ProvenMount mount_;
};

}  // namespace

Result<> init_target(const InitRequest& request, StopSources& stops) {
    auto borg = request.config.borg.empty() ? find_program("borg") : Result<std::string>{request.config.borg};
    if (!borg)
        return Error{ErrorCode::absent, borg.error().context, borg.error().reason,
                     "apt-get install borgbackup"};
    const auto what = "init " + request.target.name;
    const auto machine = lock_machine(request.config.runtime_dir, what);
    if (!machine) return machine.error();
    const auto target = lock_target(request.config.runtime_dir, request.target.name, what);
    if (!target) return target.error();
    auto pins = store::load_pins(request.config.state_dir);
    // --adopt is also the way back from a broken pins.json, in which the other targets' may still be read by
    // a person.
    if (!pins && !request.adopt) return pins.error();
    if (!pins) {
        const auto kept = store::set_pins_aside(request.config.state_dir);
        if (!kept) return kept.error();
        request.say(*kept);
    }
    return Initialiser{request, std::move(*borg), pins ? std::move(*pins) : store::Pins{}, stops}.run();
}

}  // namespace guardian::backup
