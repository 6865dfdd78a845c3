#include "daemon/control_server.hpp"

#include <fmt/format.h>
#include <grp.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <cerrno>
#include <vector>

namespace guardian::daemon {
namespace {

namespace asio = boost::asio;
using Protocol = asio::local::stream_protocol;

constexpr std::size_t most_request_bytes = 65536;
constexpr int most_clients = 32;
constexpr std::chrono::seconds request_deadline{5};
constexpr std::chrono::seconds answer_deadline{10};

std::vector<gid_t> groups_of(int fd) {
    std::vector<gid_t> groups(256);
    socklen_t size = static_cast<socklen_t>(groups.size() * sizeof(gid_t));
    if (::getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &size) != 0) return {};
    groups.resize(size / sizeof(gid_t));
    return groups;
}

Peer peer_of(int fd) {
    ucred credentials{};
    socklen_t size = sizeof credentials;
    if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) return {};
    Peer peer{credentials.pid, credentials.uid == 0, false};
    if (const auto* group = ::getgrnam("guardian")) {
        const auto groups = groups_of(fd);
        peer.in_group = credentials.gid == group->gr_gid ||
                        std::find(groups.begin(), groups.end(), group->gr_gid) != groups.end();
    }
    return peer;
}

/// One client: reads its request, waits for the answer, sends it, closes.
class Client : public std::enable_shared_from_this<Client> {
  public:
    Client(Protocol::socket socket, const RequestHandler& handler, int& count)
        : socket_(std::move(socket)), timer_(socket_.get_executor()), handler_(handler), count_(count) {
        ++count_;
    }
    ~Client() { --count_; }
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    void start() {
        close_after(request_deadline);
        read_more();
    }

  private:
    void close_after(std::chrono::seconds deadline) {
        timer_.expires_after(deadline);
        timer_.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
            if (!error) self->close();
        });
    }

    void close() {
        boost::system::error_code ignored;
        socket_.close(ignored);
    }

    void read_more() {
        socket_.async_read_some(asio::buffer(buffer_),
                                [self = shared_from_this()](const boost::system::error_code& error,
                                                            std::size_t n) { self->took(error, n); });
    }

    void took(const boost::system::error_code& error, std::size_t n) {
        if (error) {
            timer_.cancel();
            return;
        }
        line_.append(buffer_.data(), n);
        const auto end = line_.find('\n');
        if (end != std::string::npos) {
            timer_.cancel();
            line_.resize(end);
            ask();
        } else if (line_.size() > most_request_bytes) {
            answer(R"({"ok":false,"code":"usage","error":"the request is longer than 65536 bytes"})");
        } else {
            read_more();
        }
    }

    void ask() {
        const auto peer = peer_of(socket_.native_handle());
        handler_(line_, peer,
                 [self = shared_from_this()](std::string text) { self->answer(std::move(text)); });
    }

    void answer(std::string text) {
        if (!line_out_.empty() || !socket_.is_open()) return;
        line_out_ = std::move(text) + "\n";
        close_after(answer_deadline);
        asio::async_write(socket_, asio::buffer(line_out_),
                          [self = shared_from_this()](const boost::system::error_code&, std::size_t) {
                              self->timer_.cancel();
                              self->close();
                          });
    }

    Protocol::socket socket_;
    asio::steady_timer timer_;
    const RequestHandler& handler_;
    int& count_;
    std::array<char, 1024> buffer_{};
    std::string line_, line_out_;
};

/// Root, and the group `guardian` where there is one, may connect at all.
void set_access(const std::string& path) {
    const auto* group = ::getgrnam("guardian");
    // A daemon that is not root has it from its own group.
    struct stat st {};
    const bool given = group != nullptr && (::chown(path.c_str(), 0, group->gr_gid) == 0 ||
                                            (::stat(path.c_str(), &st) == 0 && st.st_gid == group->gr_gid));
    ::chmod(path.c_str(), given ? 0660 : 0600);
}

}  // namespace

struct ControlServer::Impl {
    Impl(asio::io_context& context, std::string socket_path, RequestHandler request_handler)
        : path(std::move(socket_path)), handler(std::move(request_handler)), acceptor(context) {}

    void accept() {
        acceptor.async_accept([this](const boost::system::error_code& error, Protocol::socket socket) {
            if (error == asio::error::operation_aborted) return;
            // Too many clients, or no descriptor left: the newcomer is turned away.
            if (!error && clients < most_clients)
                std::make_shared<Client>(std::move(socket), handler, clients)->start();
            accept();
        });
    }

    std::string path;
    RequestHandler handler;
    int clients = 0;
    Protocol::acceptor acceptor;
};

ControlServer::ControlServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

ControlServer::~ControlServer() {
    ::unlink(impl_->path.c_str());
}

Result<std::unique_ptr<ControlServer>> ControlServer::listen(Loop& loop, const std::string& path,
                                                             RequestHandler handler) {
    ::unlink(path.c_str());
    auto impl = std::make_unique<Impl>(loop.context(), path, std::move(handler));
    boost::system::error_code error;
    const auto old_umask = ::umask(0177);
    impl->acceptor.open(Protocol{}, error);
    if (!error) impl->acceptor.bind(Protocol::endpoint{path}, error);
    ::umask(old_umask);
    if (!error) set_access(path);
    if (!error) impl->acceptor.listen(64, error);
    if (error)
        return Error{ErrorCode::io, "cannot listen on " + path, error.message(),
                     "check runtime_dir in guardian.toml"};
    impl->accept();
    return std::unique_ptr<ControlServer>{new ControlServer{std::move(impl)}};
}

}  // namespace guardian::daemon
