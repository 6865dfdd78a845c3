#include "daemon/loop.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

namespace guardian::daemon {
namespace {

using Descriptor = boost::asio::posix::stream_descriptor;

struct Watch {
    Descriptor descriptor;
    std::function<void()> ready;
    bool owned;

    Watch(boost::asio::io_context& context, int fd, std::function<void()> f, bool own)
        : descriptor(context, fd), ready(std::move(f)), owned(own) {}
    ~Watch() {
        if (!owned) descriptor.release();
    }
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;
};

void wait_on(const std::shared_ptr<Watch>& watch, bool again) {
    watch->descriptor.async_wait(Descriptor::wait_read,
                                 [watch, again](const boost::system::error_code& error) {
                                     if (error) return;
                                     watch->ready();
                                     if (again) wait_on(watch, again);
                                 });
}

}  // namespace

struct Loop::Impl {
    boost::asio::io_context context{1};
    int exit_code = 0;
};

Loop::Loop() : impl_(std::make_unique<Impl>()) {}
Loop::~Loop() = default;

void Loop::watch(int fd, std::function<void()> ready) {
    wait_on(std::make_shared<Watch>(impl_->context, fd, std::move(ready), false), true);
}

void Loop::watch_once(Fd fd, std::function<void()> ready) {
    wait_on(std::make_shared<Watch>(impl_->context, fd.release(), std::move(ready), true), false);
}

int Loop::run() {
    impl_->context.run();
    return impl_->exit_code;
}
void Loop::stop(int exit_code) {
    impl_->exit_code = exit_code;
    impl_->context.stop();
}
boost::asio::io_context& Loop::context() {
    return impl_->context;
}

}  // namespace guardian::daemon
