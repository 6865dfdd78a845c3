#pragma once
/// The kernel's mount table. Owns libmount's monitor, which only says that something changed; what it is like
/// now is read from /proc/self/mountinfo, which touches no mounted filesystem. One thread.

#include <memory>
#include <vector>

#include "base/result.hpp"
#include "core/world.hpp"

namespace guardian::watch {

class MountTable {
  public:
    [[nodiscard]] static Result<MountTable> open();
    [[nodiscard]] static Result<std::vector<core::Mount>> snapshot();

    MountTable(MountTable&&) noexcept;
    MountTable& operator=(MountTable&&) noexcept;
    ~MountTable();

    [[nodiscard]] int fd() const;

    /// Takes what is waiting and reads the table anew. True when it is different from before.
    bool drain();

    [[nodiscard]] const std::vector<core::Mount>& all() const;

  private:
    struct Impl;
    explicit MountTable(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace guardian::watch
