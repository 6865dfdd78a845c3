#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>

#include "daemon/launcher.hpp"

namespace guardian::daemon {
namespace {

class SpawnLauncher : public Launcher {
  public:
    SpawnLauncher(std::string program, std::string config_path)
        : program_(std::move(program)), config_path_(std::move(config_path)) {}

    Result<Spawned> start_run(const std::string& plan, core::Trigger trigger) override {
        return spawn(command({"run", plan, "--by", std::string(to_string(trigger)), "--quiet"}));
    }
    Result<Helper> start_release(const std::string& target) override {
        return with_words({"release", target});
    }
    Result<Helper> start_probe(const std::string& target) override {
        return with_words({"probe", "share", target});
    }

  private:
    [[nodiscard]] Command command(std::vector<std::string> arguments) const {
        Command c;
        c.argv = {program_, "--config", config_path_};
        c.argv.insert(c.argv.end(), arguments.begin(), arguments.end());
        c.environment = own_environment();
        return c;
    }

    [[nodiscard]] Result<Helper> with_words(std::vector<std::string> arguments) const {
        std::array<int, 2> fds{};
        if (::pipe2(fds.data(), O_CLOEXEC | O_NONBLOCK) != 0) return errno_error("cannot make a pipe", errno);
        Fd read{fds[0]};
        const Fd write{fds[1]};
        auto process = spawn(command(std::move(arguments)), write.get());
        if (!process) return process.error();
        return Helper{std::move(*process), std::move(read)};
    }

    std::string program_, config_path_;
};

}  // namespace

Result<std::unique_ptr<Launcher>> spawn_launcher(const std::string& config_path) {
    std::error_code error;
    const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
    const auto program = (self.parent_path() / "guardian").string();
    if (error || ::access(program.c_str(), X_OK) != 0)
        return Error{ErrorCode::absent, "cannot start runs", program + " is not there",
                     "install guardian beside guardiand"};
    return std::unique_ptr<Launcher>{new SpawnLauncher{program, config_path}};
}

}  // namespace guardian::daemon
