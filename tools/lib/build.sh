# shellcheck shell=bash disable=SC2154
# What the scripts in tools/ share: talking, and building. Sourced, with $top as the source folder.

title() {
  if [[ -t 1 ]]; then printf '\n\033[1m== %s\033[0m\n' "$*"; else printf '\n== %s\n' "$*"; fi
}

die() {
  printf '\n%s: %s\n' "$(basename "$0")" "$*" >&2
  exit 1
}

# How many compilers at once: one a processor, and at least 1 GiB of memory for each.
jobs_at_once() {
  local processors memory_gib
  processors=$(nproc)
  memory_gib=$(awk '$1 == "MemAvailable:" {print int($2 / 1048576)}' /proc/meminfo)
  ((memory_gib >= 1)) || memory_gib=1
  echo $((processors < memory_gib ? processors : memory_gib))
}

# What root has written into the build folder becomes the source's owner's.
give_back() {
  ((EUID == 0)) || return 0
  chown --reference="$top" "$top/build" && chown --recursive --reference="$top" "$1" || true
}

# build PRESET [ninja target...]: into build/PRESET.
build() {
  local preset=$1 folder=$top/build/$1 said done=0
  shift
  said=$(cd "$top" && cmake --preset "$preset" 2>&1) || die "cmake cannot configure it:
$said"
  ninja -C "$folder" -j "$(jobs_at_once)" "$@" || done=$?
  give_back "$folder"
  ((done == 0)) || die "the build failed; see the compiler's words above"
}
