#pragma once
/// Setting an archive aside: it gets a name that the plan's prune does not match (partial_suffix). What
/// cannot be done now is kept in the store, and done by the next run. For one run, on its thread.

#include <string>
#include <vector>

#include "backup/borg.hpp"
#include "backup/recorder.hpp"

namespace guardian::backup {

class Aside {
  public:
    Aside(const BorgContext& context, store::Store& store, Recorder& recorder,
          const std::vector<Interrupt>& interrupts)
        : context_(context), store_(store), recorder_(recorder), interrupts_(interrupts) {}

    /// Its new name; empty: the archive is not there any more. The whole proof must have been given before.
    Result<std::string> set_aside(std::int64_t run, const std::string& archive);

    /// What earlier runs than this one had to leave under a whole one's name, or Borg never named to them,
    /// because it or they were killed. Why it could not be done; empty: it is.
    std::string set_aside_older(const std::string& plan, std::int64_t this_run);

    /// The names of the archives in the plan's series, as Borg has them.
    [[nodiscard]] Result<std::vector<std::string>> archive_names(const std::string& plan) const;

  private:
    Result<> set_aside_unnamed(const std::string& plan, const store::RunRecord& oldest);
    Result<std::string> rename(std::int64_t run, const std::string& archive);

    const BorgContext& context_;
    store::Store& store_;
    Recorder& recorder_;
    const std::vector<Interrupt>& interrupts_;
};

}  // namespace guardian::backup
