#include <unistd.h>

#include <csignal>
#include <filesystem>

#include "base/child.hpp"
#include "daemon/launcher.hpp"

namespace guardian::daemon {
namespace {

class SpawnLauncher : public Launcher {
  public:
    SpawnLauncher(Loop& loop, std::string program, std::string config_path)
        : loop_(loop), program_(std::move(program)), config_path_(std::move(config_path)) {}

    Result<> start_run(const std::string& plan, core::Trigger trigger, Ended ended) override {
        return start({"run", plan, "--by", std::string(to_string(trigger)), "--quiet"}, std::move(ended));
    }
    void stop_run(const std::string& /*plan*/, pid_t pid) override {
        if (pid > 0) ::kill(pid, SIGTERM);
    }
    Result<> start_release(const std::string& target, Ended ended) override {
        return start({"release", target}, std::move(ended));
    }
    Result<> start_probe(const std::string& target, Ended ended) override {
        return start({"probe", "share", target}, std::move(ended));
    }
    Result<> start_health_probe(const std::string& subject, Ended ended) override {
        return start({"probe", "health", subject}, std::move(ended));
    }
    void look_at_timer(const std::string& /*plan*/, std::function<void(std::string)> /*told*/) override {}

  private:
    Result<> start(std::vector<std::string> arguments, Ended ended) {
        Command c;
        c.argv = {program_, "--config", config_path_};
        c.argv.insert(c.argv.end(), arguments.begin(), arguments.end());
        c.environment = own_environment();
        auto process = spawn(c);
        if (!process) return process.error();
        loop_.watch_once(std::move(process->pidfd), [pid = process->pid, ended = std::move(ended)] {
            ended({reap(Spawned{pid, Fd{}}), ""});
        });
        return {};
    }

    Loop& loop_;
    std::string program_, config_path_;
};

}  // namespace

Result<std::unique_ptr<Launcher>> spawn_launcher(Loop& loop, const std::string& config_path) {
    std::error_code error;
    const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
    const auto program = (self.parent_path() / "guardian").string();
    if (error || ::access(program.c_str(), X_OK) != 0)
        return Error{ErrorCode::absent, "cannot start runs", program + " is not there",
                     "install guardian beside guardiand"};
    return std::unique_ptr<Launcher>{new SpawnLauncher{loop, program, config_path}};
}

}  // namespace guardian::daemon
