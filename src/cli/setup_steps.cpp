#include <unistd.h>

#include <filesystem>

#include "base/text.hpp"
#include "cli/apply.hpp"
#include "cli/install_rules.hpp"
#include "cli/screen.hpp"
#include "cli/setup.hpp"
#include "cli/setup_files.hpp"
#include "config/config.hpp"
#include "machine/fstab.hpp"

namespace guardian::cli {
namespace {

namespace fs = std::filesystem;

/// In a terminal's lines; a file gets it as it is.
void say(const std::string& text) {
    const bool terminal = ::isatty(STDOUT_FILENO) != 0;
    const auto words = printable(text, 4000);
    for (const auto& line : wrap(words, terminal ? terminal_size(STDOUT_FILENO).columns : words.size()))
        fmt::print("{}\n", line);
    std::fflush(stdout);
}

class Steps {
  public:
    Steps(const Globals& globals, const machine::Paths& paths, const Wishes& wishes)
        : globals_(globals), paths_(paths), wishes_(wishes) {}

    int run() {
        const auto config = prepared();
        if (!config) return complain(config.error());
        if (auto done = write_files(); !done) return complain(done.error());
        if (auto done = fit_in(*config); !done) return not_all(complain(done.error()));
        if (const int code = init(globals_, {wishes_.answers.target, false, false, false}); code != ok)
            return not_all(code);
        if (auto done = start(*config); !done) return not_all(complain(done.error()));
        show_next(*config);
        return ok;
    }

  private:
    /// Nothing is written that would not be taken.
    Result<core::Config> prepared() {
        text_ = machine::first_config_text(wishes_.answers);
        auto loaded = config::load_text(text_, globals_.config_path);
        if (loaded.ok()) return std::move(loaded.config);
        return Error{ErrorCode::config, "the configuration would be wrong", loaded.problems.front().text(),
                     ""};
    }

    Result<> write_files() {
        if (auto done = passphrase(); !done) return done;
        std::error_code error;
        if (fs::exists(fs::symlink_status(globals_.config_path, error))) {
            const auto old = keep_old_file(globals_.config_path);
            if (!old) return old.error();
            say("the old configuration is kept: " + *old);
        }
        if (auto done = write_config_file(globals_.config_path, text_); !done) return done;
        say("written: " + globals_.config_path);
        return {};
    }

    Result<> passphrase() {
        const auto& path = wishes_.answers.passphrase_file;
        if (!wishes_.encrypt) return {};
        const auto made = write_passphrase(path);
        if (!made) return made.error();
        say((*made ? "written: " : "the passphrase that is there is used: ") + path);
        say("KEEP A COPY OF THE PASSPHRASE ELSEWHERE, on paper or in a password manager, not only on this "
            "machine: "
            "without it nobody can restore anything.");
        return {};
    }

    Result<> fit_in(const core::Config& config) {
        std::error_code error;
        fs::create_directories(fs::path(paths_.rules()).parent_path(), error);
        if (auto done = install_rules(config, globals_.config_path, paths_); !done) return done;
        return wishes_.fstab ? fstab() : Result<>{};
    }

    Result<> fstab() {
        const auto& a = wishes_.answers;
        const auto done = add_to_fstab(paths_.fstab(), a.uuid, a.mount, wishes_.disk.fstype);
        if (!done) return done.error();
        switch (*done) {
            case FstabOutcome::added:
                say("added: " + trim(machine::fstab_line(a.uuid, a.mount, wishes_.disk.fstype)));
                say(fmt::format("{0} as it was is {0}.before-guardian", paths_.fstab()));
                break;
            case FstabOutcome::there_already:
                say(fmt::format("{} has this disk already", paths_.fstab()));
                break;
            case FstabOutcome::other_entry:
                say(fmt::format("{} has another entry for {}: it stays, look at it", paths_.fstab(),
                                a.mount));
                break;
        }
        return {};
    }

    Result<> start(const core::Config& config) {
        std::error_code error;
        if (!fs::is_directory(paths_.systemd(), error)) return {};
        if (paths_.is_the_machine() && globals_.config_path != config::default_path) {
            say(fmt::format("guardian.service goes by {} alone", config::default_path));
            return {};
        }
        started_ = true;
        if (auto done = bring_units_into_force(config); !done) return done;
        say("guardian.service runs, and starts with the machine");
        return {};
    }

    void show_next(const core::Config& config) {
        const auto zone = local_zone();
        const auto next = config.plans.front().schedule.next(now(), zone);
        if (!started_) say("to be started by you: guardiand");
        if (next)
            say(fmt::format(
                "next run of {}: {} (in {}), if the disk is plugged in then, else as soon as it is",
                wishes_.answers.plan(), format_minute(*next, zone), format_span(*next - now())));
        say(fmt::format("a first backup now: guardian run {}; how it is: guardian status",
                        wishes_.answers.plan()));
    }

    /// The configuration is there, so setup would refuse: the rest goes by single commands.
    [[nodiscard]] int not_all(int code) const {
        fmt::print(stderr,
                   "guardian: the configuration is written, the rest is not done. When that is settled: "
                   "guardian rules --install, guardian init {}, then guardian doctor\n",
                   wishes_.answers.target);
        return code;
    }

    const Globals& globals_;
    const machine::Paths& paths_;
    const Wishes& wishes_;
    std::string text_;
    bool started_ = false;
};

}  // namespace

int carry_out(const Globals& globals, const machine::Paths& paths, const Wishes& wishes) {
    return Steps{globals, paths, wishes}.run();
}

}  // namespace guardian::cli
