#include <algorithm>
#include <filesystem>
#include <sstream>

#include "base/text.hpp"
#include "cli/setup.hpp"
#include "config/config.hpp"

namespace guardian::cli {
namespace {

using machine::Disk;
using machine::DiskUse;
using machine::FirstConfig;

std::vector<std::string> words_in(const std::string& text) {
    std::istringstream in{text};
    std::vector<std::string> out;
    for (std::string word; in >> word;) out.push_back(word);
    return out;
}

/// It stands unquoted in the sections' names.
std::string wrong_name(const std::string& name) {
    const bool plain =
        !name.empty() && name.size() <= 30 && std::all_of(name.begin(), name.end(), [](char c) {
            return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
        });
    return plain && name[0] != '-' && name[0] != '_'
               ? ""
               : "a name is up to 30 of a-z, 0-9, \"-\" and \"_\", and begins with a letter or digit";
}

/// The configuration's own reader judges.
std::string problem_in(const FirstConfig& answers) {
    if (auto wrong = wrong_name(answers.target); !wrong.empty()) return wrong;
    const auto loaded = config::load_text(machine::first_config_text(answers), "guardian.toml");
    if (loaded.ok()) return "";
    const auto& p = loaded.problems.front();
    return p.right.empty() ? p.wrong : p.wrong + "; " + p.right;
}

std::string wrong_schedule(const std::string& text) {
    const auto schedule = core::Schedule::parse(text, zone_named);
    if (!schedule) return schedule.error().text();
    return schedule->next(now(), local_zone()) ? "" : "it never comes due again";
}

Duration stale_after(const std::string& text) {
    const auto schedule = core::Schedule::parse(text, zone_named);
    return schedule ? machine::sensible_stale_after(*schedule, now(), local_zone()) : Duration::zero();
}

class Settling {
  public:
    Settling(const SetupOptions& options, const std::vector<Disk>& disks, Questions* questions)
        : options_(options), disks_(disks), questions_(questions) {}

    Result<Wishes> run(const std::string& config_path) {
        set_places(config_path);
        if (auto done = disk(); !done) return done.error();
        if (auto done = names_and_places(); !done) return done.error();
        if (auto done = saved(); !done) return done.error();
        if (auto done = extras(); !done) return done.error();
        if (const auto wrong = problem_in(wishes_.answers); !wrong.empty())
            return Error{ErrorCode::usage, "this cannot be set up", wrong, ""};
        return wishes_;
    }

  private:
    using Set = std::function<void(FirstConfig&, const std::string&)>;

    void set_places(const std::string& config_path) {
        passphrase_file_ = std::filesystem::path(config_path).parent_path() / "passphrase";
        answers().repository = config::host_name();
        if (options_.root.empty()) return;
        answers().state_dir = options_.root + "/var/lib/guardian";
        answers().runtime_dir = options_.root + "/run/guardian";
    }

    FirstConfig& answers() { return wishes_.answers; }

    [[nodiscard]] std::string only_one_offered() const {
        const auto offered = [](const Disk& d) { return d.use == DiskUse::free && !d.beside_system; };
        if (std::count_if(disks_.begin(), disks_.end(), offered) != 1) return "";
        return std::to_string(std::find_if(disks_.begin(), disks_.end(), offered) - disks_.begin() + 1);
    }

    Result<> disk() {
        auto words = Result<std::string>{options_.disk};
        if (options_.disk.empty() && questions_ != nullptr)
            words = questions_->ask("Which disk (its number)", only_one_offered(), [&](const auto& answer) {
                const auto chosen = chosen_disk(disks_, answer);
                return chosen ? "" : chosen.error().text();
            });
        if (!words) return words.error();
        auto chosen = chosen_disk(disks_, *words);
        if (!chosen) return chosen.error();
        wishes_.disk = std::move(*chosen);
        answers().uuid = wishes_.disk.uuid;
        answers().serial = wishes_.disk.serial;
        return {};
    }

    /// One answer, from its option, the person or the default.
    Result<> field(const std::string& option, const std::string& given, const std::string& question,
                   const std::string& preset, const Set& set) {
        const auto judge = [&](const std::string& answer) {
            auto changed = answers();
            set(changed, answer);
            return problem_in(changed);
        };
        auto answer = Result<std::string>{given.empty() ? preset : given};
        if (given.empty() && questions_ != nullptr) answer = questions_->ask(question, preset, judge);
        if (!answer) return answer.error();
        if (const auto wrong = judge(*answer); !wrong.empty())
            return Error{ErrorCode::usage, fmt::format("{} {}", option, *answer), wrong, ""};
        set(answers(), *answer);
        return {};
    }

    Result<> names_and_places() {
        const FirstConfig presets;
        if (auto done = field("--name", options_.name, "A name for it", presets.target,
                              [](auto& a, const auto& text) { a.target = text; });
            !done)
            return done;
        return field("--mount", options_.mount, "Where to mount it", presets.mount,
                     [](auto& a, const auto& text) { a.mount = text; });
    }

    Result<> paths() {
        const Set set_words = [](auto& a, const auto& text) { a.paths = words_in(text); };
        if (options_.paths.empty())
            return field("--path", "", "What to save (blanks between)", "/", set_words);
        answers().paths = options_.paths;
        const auto wrong = problem_in(answers());
        if (wrong.empty()) return {};
        return Error{ErrorCode::usage, "--path " + join(options_.paths, " --path "), wrong, ""};
    }

    Result<> saved() {
        if (auto done = paths(); !done) return done;
        if (auto done = schedule(); !done) return done;
        return field("--repository", options_.repository, "The repository's folder on the disk",
                     answers().repository, [](auto& a, const auto& text) { a.repository = text; });
    }

    Result<> schedule() {
        const FirstConfig presets;
        auto text = Result<std::string>{options_.schedule.empty() ? presets.schedule : options_.schedule};
        if (options_.schedule.empty() && questions_ != nullptr)
            text = questions_->ask("When (systemd's OnCalendar)", presets.schedule, wrong_schedule);
        if (!text) return text.error();
        if (const auto wrong = wrong_schedule(*text); !wrong.empty())
            return Error{ErrorCode::usage, "--schedule " + *text, wrong, ""};
        answers().schedule = *text;
        answers().stale_after = stale_after(*text);
        return {};
    }

    Result<bool> yes(bool given, const std::string& question) {
        if (given || questions_ == nullptr) return given;
        return questions_->ask_yes(question, false);
    }

    Result<> extras() {
        const auto encrypt = yes(options_.encrypt, "Encrypt it");
        if (!encrypt) return encrypt.error();
        wishes_.encrypt = *encrypt;
        if (*encrypt) answers().passphrase_file = passphrase_file_;
        const auto fstab = yes(options_.fstab, "Add it to /etc/fstab, to mount it by hand as well");
        if (!fstab) return fstab.error();
        wishes_.fstab = *fstab;
        return {};
    }

    const SetupOptions& options_;
    const std::vector<Disk>& disks_;
    Questions* questions_;
    std::string passphrase_file_;
    Wishes wishes_;
};

}  // namespace

Result<core::Device> chosen_disk(const std::vector<Disk>& disks, const std::string& words) {
    for (std::size_t i = 0; i < disks.size(); ++i) {
        const auto& d = disks[i];
        if (words.empty() || (words != std::to_string(i + 1) && words != d.device.node &&
                              to_lower(words) != to_lower(d.device.uuid)))
            continue;
        if (d.use == DiskUse::free) return d.device;
        return Error{ErrorCode::refused, d.device.node, machine::remark_on(d), ""};
    }
    return Error{ErrorCode::absent, fmt::format("no disk \"{}\"", words),
                 "it is not plugged in, or has no filesystem",
                 "guardian setup --list shows those that are there"};
}

Result<Wishes> settle_wishes(const SetupOptions& options, const std::string& config_path,
                             const std::vector<Disk>& disks, Questions* questions) {
    return Settling{options, disks, questions}.run(config_path);
}

}  // namespace guardian::cli
