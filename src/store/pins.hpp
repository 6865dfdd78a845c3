#pragma once
/// What `guardian init` promised: the marker's token of each target and the Borg id of each repository on it.
/// A file of its own (pins.json in the state folder), because it is the one thing that cannot be found out
/// again when the database is lost. Written by `guardian init` alone, atomically and synced.

#include <map>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "base/time.hpp"

namespace guardian::store {

struct PinnedRepository {
    std::string id;          ///< Borg's repository id
    std::string encryption;  ///< its mode, as Borg names it
    /// The newest run when this id was pinned: it and what ran before was saved elsewhere. A number and no
    /// time: the clock may be set back.
    std::int64_t after_run = 0;
    friend bool operator==(const PinnedRepository&, const PinnedRepository&) = default;
};

struct Pin {
    std::string token;  ///< 64 hexadecimal digits, as on the disk
    std::string
        owner;  ///< 64 hexadecimal digits: this installation, in the claims on the disk (backup/claims.hpp)
    Time at{};  ///< when `guardian init` was last done
    std::int64_t after_run = 0;                            ///< the newest run then
    std::map<std::string, PinnedRepository> repositories;  ///< by the path below the mount point
    friend bool operator==(const Pin&, const Pin&) = default;
};

using Pins = std::map<std::string, Pin>;  ///< by target

/// No file is no pins; a file that cannot be read or understood is an Error, never no pins.
[[nodiscard]] Result<Pins> load_pins(const std::string& state_dir);
/// Keeps a file that cannot be read under another name; says which, for a person.
[[nodiscard]] Result<std::string> set_pins_aside(const std::string& state_dir);
[[nodiscard]] Result<> save_pins(const std::string& state_dir, const Pins& pins);

}  // namespace guardian::store
