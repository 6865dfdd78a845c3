#pragma once
/// What is written to stdout or stderr between two moments, whoever writes it.

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdio>
#include <string>

#include "base/fd.hpp"

namespace guardian::test {

class Captured {
  public:
    explicit Captured(int fd) : fd_(fd), file_(::memfd_create("captured", MFD_CLOEXEC)), before_(::dup(fd)) {
        std::fflush(nullptr);
        ::dup2(file_.get(), fd_);
    }
    Captured(const Captured&) = delete;
    Captured& operator=(const Captured&) = delete;
    ~Captured() { give_back(); }

    std::string text() {
        give_back();
        std::string out(static_cast<std::size_t>(::lseek(file_.get(), 0, SEEK_END)), '\0');
        out.resize(static_cast<std::size_t>(::pread(file_.get(), out.data(), out.size(), 0)));
        return out;
    }
    [[nodiscard]] int file() const { return file_.get(); }

  private:
    void give_back() {
        if (!before_.valid()) return;
        std::fflush(nullptr);
        ::dup2(before_.get(), fd_);
        before_.reset();
    }

    int fd_;
    Fd file_, before_;
};

}  // namespace guardian::test
