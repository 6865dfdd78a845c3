/// The verbs that show something, in a folder of their own and without a daemon, but for a made-up one that
/// answers one request.

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <thread>

#include "base/child.hpp"
#include "base/text.hpp"
#include "captured.hpp"
#include "cli/verbs.hpp"
#include "control/client.hpp"
#include "samples.hpp"
#include "store/store.hpp"
#include "support/catch.hpp"
#include "support/folder.hpp"

using namespace guardian;
using namespace guardian::test;
using namespace std::chrono_literals;

namespace {

/// A configuration with one disk that is nowhere, and an empty state folder.
class Place {
  public:
    Place() {
        std::filesystem::create_directory(folder_.path() + "/run");
        std::ofstream(globals_.config_path = folder_.path() + "/guardian.toml")
            << fmt::format(R"([guardian]
name = "john-ai"
state_dir = "{0}/state"
runtime_dir = "{0}/run"
[target.usb]
type = "disk"
uuid = "5f0c6a0e-2f0e-4f43-9d4c-6f3f1f0a7a11"
mount = "{0}/mnt"
[job.system]
type = "system"
paths = ["/etc"]
[plan.system-usb]
job = "system"
target = "usb"
repository = "r"
schedule = "*-*-* 02:00"
stale_after = "30h"
keep = {{ daily = 7 }}
)",
                           folder_.path());
    }
    [[nodiscard]] store::Store store() const { return store::Store::open_for_writing(store_dir()); }
    [[nodiscard]] std::string state_dir() const { return folder_.path() + "/state"; }
    [[nodiscard]] std::string store_dir() const { return state_dir() + "/store"; }
    [[nodiscard]] std::string runtime_dir() const { return folder_.path() + "/run"; }
    [[nodiscard]] const cli::Globals& globals() const { return globals_; }

  private:
    Folder folder_;
    cli::Globals globals_;
};

struct Said {
    int code = -1;
    std::string out, err;
};

template <class Verb>
Said said_by(const Verb& verb) {
    Captured out{STDOUT_FILENO}, err{STDERR_FILENO};
    const int code = verb();
    return {code, out.text(), err.text()};
}

Said status(const Place& place, bool json = false, bool watch = false) {
    return said_by([&] { return cli::status(place.globals(), {json, watch}); });
}
Said history(const Place& place, const std::string& plan, bool json = false) {
    return said_by([&] { return cli::history(place.globals(), {plan, 20, json}); });
}
Said log(const Place& place, std::int64_t run) {
    return said_by([&] { return cli::log(place.globals(), {run}); });
}

/// A run whose process is this one, or one that never was.
std::int64_t begin_run(store::Store& store, const std::string& plan, bool alive) {
    store::RunRecord r;
    r.run.plan = plan;
    r.run.target = "usb";
    r.run.started = now() - 1min;
    r.pid = alive ? ::getpid() : 0;
    r.pid_start = process_start(::getpid()).value_or(0);
    r.boot = boot_id();
    return store.begin_run(r).value();
}

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

/// Answers the one request it gets.
class OneAnswer {
  public:
    OneAnswer(const std::string& runtime_dir, std::string answer)
        : listening_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        const auto path = control::socket_path(runtime_dir);
        std::filesystem::create_directories(std::filesystem::path(path).parent_path());
        std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
        REQUIRE(::bind(listening_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
        REQUIRE(::listen(listening_.get(), 5) == 0);
        thread_ = std::thread([this, answer = std::move(answer)] {
            const Fd client{::accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC)};
            char byte = 0;
            while (::read(client.get(), &byte, 1) == 1 && byte != '\n') asked_ += byte;
            (void)!::write(client.get(), answer.data(), answer.size());
        });
    }
    OneAnswer(const OneAnswer&) = delete;
    OneAnswer& operator=(const OneAnswer&) = delete;
    ~OneAnswer() {
        ::shutdown(listening_.get(), SHUT_RDWR);
        thread_.join();
    }

  private:
    Fd listening_;
    std::string asked_;
    std::thread thread_;
};

}  // namespace

TEST_CASE("status works before there is a store or a daemon, and makes neither") {
    const Place place;
    const auto said = status(place);
    CHECK(said.code == cli::ok);
    CHECK(has(said.out, "john-ai: guardiand does not run"));
    CHECK(has(said.out, "never ran"));
    CHECK(said.err == "");
    CHECK(!std::filesystem::exists(place.state_dir()));
    CHECK(has(status(place, true).out, R"("running":false)"));
}

TEST_CASE("status shows the daemon that answers") {
    const Place place;
    const OneAnswer daemon{
        place.runtime_dir(),
        "{\"ok\":true,\"pid\":812,\"version\":\"0.1.0\",\"since_us\":1763863920000000,\"trouble\":"
        "\"the disk is full\"}\n"};
    const auto said = status(place);
    CHECK(has(said.out, "john-ai: guardiand runs since 2025-11-2"));
    CHECK(has(said.out, "  the disk is full\n"));
}

TEST_CASE("status calls a daemon that answers nonsense neither dead nor well") {
    const Place place;
    const OneAnswer daemon{place.runtime_dir(), "hello\n"};
    const auto said = status(place);
    CHECK(said.code == cli::ok);
    CHECK(has(said.out, "john-ai: guardiand runs"));
    CHECK(has(said.out, "not understood"));
}

TEST_CASE("status with a store that cannot be read says so and shows the rest") {
    const Place place;
    std::filesystem::create_directories(place.store_dir());
    std::ofstream(place.store_dir() + "/guardian.db") << std::string(8192, 'x');
    const auto said = status(place);
    CHECK(said.code == cli::ok);
    CHECK(has(said.out, "cannot read the database"));
    CHECK(has(said.out, "without its history"));
    CHECK(has(said.out, "system-usb"));
}

TEST_CASE("status --watch without a terminal, or with --json, is a mistake") {
    const Place place;
    const auto said = status(place, false, true);
    CHECK(said.code == cli::bad_usage);
    CHECK(has(said.err, "no terminal"));
    CHECK(said.out == "");
    CHECK(status(place, true, true).code == cli::bad_usage);
}

TEST_CASE("status shows a run that is going, and one whose process is gone as interrupted") {
    const Place place;
    auto store = place.store();
    const auto id = begin_run(store, "system-usb", true);
    (void)store.begin_step(id, core::Step::create, now());
    CHECK(has(status(place).out, "  system-usb  running"));
    const Place other;
    auto others = other.store();
    begin_run(others, "system-usb", false);
    const auto said = status(other);
    CHECK(has(said.out, "interrupted"));
    CHECK(!has(said.out, "running"));
    CHECK(has(status(other, true).out, R"("outcome":"aborted")"));
}

TEST_CASE("a configuration with mistakes: exit 2 for each of them") {
    const Place place;
    auto globals = place.globals();
    globals.config_path += ".missing";
    CHECK(said_by([&] { return cli::status(globals, {}); }).code == cli::bad_usage);
    CHECK(said_by([&] { return cli::history(globals, {}); }).code == cli::bad_usage);
    CHECK(said_by([&] { return cli::log(globals, {}); }).code == cli::bad_usage);
}

TEST_CASE("history: all, of one plan, none yet, and of a plan that nobody knows") {
    const Place place;
    CHECK(history(place, "").out == "No run yet.\n");
    CHECK(history(place, "system-usb").code == cli::ok);
    CHECK(history(place, "nobody").code == cli::absent);
    CHECK(has(history(place, "no\x1b[2Jbody").err, "no\\x1b[2Jbody"));
    auto store = place.store();
    begin_run(store, "system-usb", false);
    begin_run(store, "formerly", false);
    CHECK(split_lines(history(place, "").out).size() == 5);  // titles, and two runs with their reasons
    CHECK(!has(history(place, "formerly").out, "system-usb"));
    CHECK(history(place, "formerly").code == cli::ok);
    CHECK(history(place, "nobody").code == cli::absent);
}

TEST_CASE("history --json is one line, and an interrupted run is no running one") {
    const Place place;
    auto store = place.store();
    begin_run(store, "system-usb", false);
    const auto said = history(place, "", true);
    CHECK(split_lines(said.out).size() == 1);
    CHECK(has(said.out, R"("outcome":"aborted")"));
}

TEST_CASE("log: a run, and one that is not there") {
    const Place place;
    CHECK(log(place, 1).code == cli::absent);
    auto store = place.store();
    const auto id = begin_run(store, "system-usb", true);
    (void)store.begin_step(id, core::Step::mount, now());
    (void)store.end_step(id, core::Step::mount, now(), 32, "cannot mount");
    (void)store.add_warning(id, {"/home/x", "changed"});
    const auto said = log(place, id);
    CHECK(said.code == cli::ok);
    CHECK(has(said.out, "Run 1: system-usb: running\n"));
    CHECK(has(said.out, "cannot mount"));
    CHECK(has(said.out, "  /home/x: changed\n"));
    CHECK(log(place, id + 1).code == cli::absent);
}
