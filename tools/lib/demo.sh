# shellcheck shell=bash disable=SC2154
# The parts of tools/quickstart: a private folder with a disk image, its daemon, and how all of it ends.
# Sourced, with $top as the source folder, after build.sh. The folder's path is in the command line of every
# process of the demo, in its mounts and behind its loop device: that is how they are found again.

programs=$top/build/release/bin
demo=
log_fd=
deadline_s=120

guardian() { "$programs/guardian" --config "$demo/guardian.toml" "$@"; }

needs_root() {
  ((EUID == 0)) || die "it needs root: to attach a loop device, to mount it, and to install what is missing.
Run: sudo tools/quickstart"
}

needs_loop_devices() {
  local said
  said=$(losetup --find 2>&1) || die "there are no loop devices here ($said), so no disk can be shown.
In a container they need /dev/loop-control and the right to mount (docker run --privileged).
The programs are built; with a real disk see \"Your own machine\" in README.md."
}

# ---- the folder: disk, source, configuration

make_folder() {
  local base=${TMPDIR:-/tmp} free
  free=$(df --output=avail --block-size=1M "$base" | tail -n 1)
  ((free >= 500)) || die "$base has only $free MB free; the demo takes 500. Set TMPDIR to another folder"
  demo=$(mktemp --directory "$base/guardian-quickstart.XXXXXX")
  touch "$demo/.quickstart"
}

make_disk() {
  uuid=$(</proc/sys/kernel/random/uuid)
  truncate --size=1G "$demo/disk.img"
  mkfs.ext4 -q -F -L guardian-demo -U "$uuid" "$demo/disk.img"
  mkdir "$demo/mnt"
  echo "ext4, UUID $uuid"
}

make_source() {
  local i
  mkdir -p "$demo/home/documents" "$demo/home/photos"
  for i in {1..500}; do seq "$i" $((i + 2000)) >"$demo/home/documents/letter-$i.txt"; done
  for i in {1..40}; do head -c 4M /dev/urandom >"$demo/home/photos/photo-$i.raw"; done
  echo "to be saved: $demo/home, $(find "$demo/home" -type f | wc -l) files, $(du -sh "$demo/home" | cut -f1)"
}

# The slot lies far enough off that none comes due while the demo is shown.
write_config() {
  local hour=02
  [[ $(date +%H) != 0[12] ]] || hour=14
  cat >"$demo/guardian.toml" <<TOML
[guardian]
name = "quickstart"
state_dir = "$demo/state"
runtime_dir = "$demo/run"

[target.usb]
type = "disk"
uuid = "$uuid"
mount = "$demo/mnt"

[job.home]
type = "system"
paths = ["$demo/home"]
compression = "zstd"

[plan.home-usb]
job = "home"
target = "usb"
repository = "quickstart"
schedule = "*-*-* $hour:00"
stale_after = "30h"
keep = { daily = 7, weekly = 4 }
min_free = "100 MB"
TOML
  sed 's/^/    /' "$demo/guardian.toml"
}

show_command() {
  printf '\n$ %s\n' "$*"
  "$@"
}

# ---- the disk: plugged in and unplugged

plug_in() {
  loop=$(losetup --find --show "$demo/disk.img") || die "the image cannot be attached to a loop device"
  udevadm wait --timeout=30 "/dev/disk/by-uuid/$uuid" ||
    die "udev does not report $loop. In a container, udev hears of new devices only with the host's network namespace"
  echo "-- plugged in: $loop"
}

# udevadm's own --removed now and then misses that a link is gone, so it is asked for.
unplug() {
  local tries
  losetup --detach "$loop"
  for ((tries = 0; tries < 300; ++tries)); do
    if [[ ! -e /dev/disk/by-uuid/$uuid ]]; then
      udevadm settle --timeout=30 || true
      echo "-- unplugged: $loop"
      return
    fi
    sleep 0.1
  done
  die "udev does not report that $loop is gone: another program may hold it open"
}

# ---- udevd, where none runs: one for all demos that go at the same time; the last one stops it

udevd_state=/run/guardian-quickstart

with_udevd_lock() {
  mkdir -p "$udevd_state/users"
  (
    flock 9
    "$@"
  ) 9>"$udevd_state/lock"
}

# That it has too many callers at the moment is an answer too.
udevd_answers() {
  local said
  said=$(LC_ALL=C udevadm control --ping 2>&1) || [[ $said == *"temporarily unavailable"* ]]
}

start_udevd_if_none() {
  udevd_answers && [[ ! -e $udevd_state/pid ]] && return
  with_udevd_lock use_own_udevd
}

use_own_udevd() {
  touch "$udevd_state/users/$(basename "$demo")"
  udevd_answers && return
  local program=/usr/lib/systemd/systemd-udevd tries
  [[ -x $program ]] || program=/lib/systemd/systemd-udevd
  [[ -x $program ]] || die "no udevd runs, and there is none to start: is Debian's package udev installed?"
  setsid "$program" </dev/null >"$udevd_state/log" 2>&1 9>&- &
  process_id $! >"$udevd_state/pid"
  for ((tries = 0; tries < 200; ++tries)); do
    udevd_answers && echo "-- no udevd ran here; started one (pid $!)" && return
    sleep 0.05 # it has no other way to say that it is ready
  done
  die "udevd was started and does not answer; see $udevd_state/log"
}

stop_own_udevd() {
  [[ -e $udevd_state/users/$(basename "$demo") ]] && with_udevd_lock leave_own_udevd
  rmdir "$udevd_state" 2>/dev/null || true
}

leave_own_udevd() {
  rm -f "$udevd_state/users/$(basename "$demo")"
  rmdir "$udevd_state/users" 2>/dev/null || return 0
  if [[ -e $udevd_state/pid ]]; then
    stop_process "$(<"$udevd_state/pid")"
    rm -f /run/udev/control # it leaves its socket behind, as if it still ran
  fi
  rm -f "$udevd_state/pid" "$udevd_state/log" "$udevd_state/lock"
}

# ---- processes: a number and when it started, so that a number used again is not taken for it

process_id() { echo "$1 $(started_at "$1")"; }

started_at() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20; }

stop_process() {
  local pid=${1% *} start=${1#* }
  [[ -n $start && $(started_at "$pid") == "$start" ]] || return 0
  kill -TERM "$pid" 2>/dev/null || return 0
  timeout 60 tail --pid="$pid" -f /dev/null || kill -KILL "$pid" 2>/dev/null || true
}

# guardiand first, so that it starts nothing more; then its runs, which outlive it.
processes_of_demo() {
  local folder name
  for name in guardiand guardian; do
    for folder in /proc/[0-9]*; do
      mapfile -d '' -t argv 2>/dev/null <"$folder/cmdline" || continue
      [[ ${argv[0]:-} == "$programs/$name" && " ${argv[*]} " == *" $demo/guardian.toml "* ]] || continue
      process_id "${folder#/proc/}"
    done
  done
}

# ---- guardiand, and what it says

start_daemon() {
  : >"$demo/guardiand.log"
  setsid "$programs/guardiand" --config "$demo/guardian.toml" </dev/null >>"$demo/guardiand.log" 2>&1 &
  exec {log_fd}< <(exec tail --pid=$! -n +1 -f "$demo/guardiand.log" 2>/dev/null)
}

# Shows the log as it grows, until a line with this text. While it is silent, how far Borg has come.
follow() {
  local line="" part end=$((SECONDS + deadline_s)) code
  while ((SECONDS < end)); do
    code=0
    IFS= read -r -t 0.3 -u "$log_fd" part || code=$?
    line+=$part
    if ((code > 128)); then
      show_progress
    elif ((code)); then
      die "guardiand ended; its log above says why"
    else
      printf '  %s\n' "$line"
      [[ $line != *"$1"* ]] || return 0
      [[ ! $line =~ run\ [0-9]+\ of\ .*:\ (failed|refused|aborted|vanished|absent|cancelled) ]] ||
        die "the backup did not succeed; the line above says why"
      line=
    fi
  done
  die "\"$1\" did not come within $deadline_s s"
}

status_says() {
  guardian status --json | python3 -c "
import json, sys
status = json.load(sys.stdin)
plan, target = status['plans'][0], status['targets'][0]
$1"
}

show_progress() {
  local text
  text=$(status_says "
run = plan['running']
if run and run['progress']['files']:
    p = run['progress']
    now = f', now {p[\"path\"]}' if p['path'] else ''
    print(f\"{run['step']}: {p['files']} files, {p['original_bytes'] / 1e6:.0f} MB{now}\")" 2>/dev/null)
  [[ -z $text || $text == "${progress_shown:-}" ]] || printf '    … %s\n' "$text"
  progress_shown=$text
}

check_outcome() {
  local said
  said=$(status_says "print(plan['state'], target['state'])")
  [[ $said == "ok safe-to-unplug" ]] || die "the plan and the target should be ok and safe-to-unplug, and are $said"
}

# The daemon's answer comes after what it decided on the event before: a run would be in its log by then.
check_nothing_due() {
  local said
  said=$(status_says "print(plan['due'], target['state'], len(status['runs']), status['daemon']['running'])")
  [[ $said == "False safe-to-unplug 1 True" && $(grep -c "run started" "$demo/guardiand.log") == 1 ]] ||
    die "nothing should be due, and the status is: $said"
  status_says "print('  nothing is due: one run is on record, the next is at', plan['next_slot'])"
}

# Mounted read-only in a place of its own, and with a Borg folder of its own: nothing of Guardian's is in it.
list_archives() {
  local repository=$demo/look/quickstart archive
  export BORG_BASE_DIR=$demo/borg BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK=yes
  mkdir -p "$demo/look"
  mount -o ro "$loop" "$demo/look"
  archive=$(borg_says --short --last 1 "$repository")
  echo "$ borg list $repository"
  borg_says "$repository"
  echo "$ borg list $repository::$archive"
  borg_says "$repository::$archive" >"$demo/files"
  head -n 4 "$demo/files"
  echo "… and $(($(wc -l <"$demo/files") - 4)) more"
  umount "$demo/look"
}

# Without its warning that this folder of Borg's has not seen the repository before.
borg_says() {
  borg list --bypass-lock "$@" 2>"$demo/borg.err" || die "Borg cannot list what is on the disk: $(<"$demo/borg.err")"
}

# ---- the end

# What can be undone is undone, also when a part of it fails. The exit code stays.
tidy_up() {
  local code=$? id point devices
  set +e
  trap '' INT TERM HUP
  processes_of_demo | while read -r id; do stop_process "$id"; done
  [[ -z $log_fd ]] || exec {log_fd}<&-
  awk -v demo="$demo/" 'index($5, demo) == 1 {print $5}' /proc/self/mountinfo | while read -r point; do
    umount "$point" || umount --lazy "$point"
  done
  devices=$(losetup --noheadings --output NAME --associated "$demo/disk.img")
  [[ -z $devices ]] || losetup --detach $devices
  stop_own_udevd
  ((code == 0)) || [[ ! -s $demo/guardiand.log ]] || printf '\n(guardiand said:)\n%s\n' "$(tail -n 20 "$demo/guardiand.log")" >&2
  rm -rf --one-file-system "$demo"
  exit "$code"
}

stop_demo() {
  demo=$(realpath "$1")
  [[ -e $demo/.quickstart ]] || die "$1 is not a folder of the quickstart"
  tidy_up
}

print_how_to_play() {
  local g="$programs/guardian --config $demo/guardian.toml"
  title "It goes on (--keep)"
  cat <<TEXT
look       $g status --watch
           $g log 1
the log    tail -f $demo/guardiand.log
unplug     losetup --detach $loop
plug in    losetup --find --show $demo/disk.img
run now    $g run home-usb
end it     $top/tools/quickstart --stop $demo
TEXT
}
