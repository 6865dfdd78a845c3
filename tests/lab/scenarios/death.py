"""Processes and the machine itself die in the middle of a run."""

from guest import REPOSITORY


def kill9_daemon(lab):
    """The daemon is killed during a run: systemd starts it again, and the run goes on to its end undisturbed."""
    machine = lab.running()
    machine.plug_into_long_run(lab.disk)
    runner = machine.runner_pid()
    machine.must("kill -9 $(pidof guardiand)")
    machine.wait_until("systemctl is-active --quiet guardian.service && pidof guardiand")
    machine.must(f"kill -0 {runner}")
    _only_run_succeeds(machine, runner)


def restart_daemon_during_run(lab):
    """An upgrade restarts the daemon: the run goes on undisturbed, and the new daemon takes the disk off."""
    machine = lab.running()
    machine.plug_into_long_run(lab.disk)
    runner = machine.runner_pid()
    machine.must("systemctl restart guardian.service")
    machine.must(f"kill -0 {runner}")
    _only_run_succeeds(machine, runner)


def kill9_runner(lab):
    """The runner is killed: Borg does not go on alone, the run is aborted, and the next one succeeds."""
    machine = lab.running()
    machine.plug_into_long_run(lab.disk)
    machine.must(f"kill -9 {machine.runner_pid()}")
    run = machine.wait_run_over(1)
    assert run["outcome"] == "aborted", run
    machine.wait_until("! pgrep -x borg", 60)
    _next_plugging_in_succeeds(lab, machine)


def kill9_borg(lab):
    """Borg is killed: the run fails and says so; its lock is no obstacle to the next."""
    machine = lab.running()
    machine.plug_into_long_run(lab.disk)
    machine.wait_until("pgrep -f '[b]org.* create '")
    machine.must("pkill -9 -f '[b]org.* create '")
    run = machine.wait_run_over(1)
    assert run["outcome"] == "failed" and run["reason"], run
    machine.wait_status('.incidents | any(.kind == "failed")')
    _next_plugging_in_succeeds(lab, machine)


def power_cut(lab):
    """The power fails during a run. After the boot the run is aborted, the lock that Borg left is no obstacle, and the
    backup is made at once: the disk is still in."""
    machine = lab.running()
    machine.plug_into_long_run(lab.disk)
    machine.must("sync -f /var/lib/guardian")
    machine.power_cut()
    lab.again(disks=[lab.disk])
    machine.wait_success(runs_before=1)
    outcomes = [run["outcome"] for run in machine.history()]
    assert outcomes == ["aborted", "success"], machine.history()
    _is_whole(lab, machine)


def _only_run_succeeds(machine, runner):
    run = machine.wait_success()
    assert len(machine.history()) == 1, machine.history()
    machine.wait_until(f"! kill -0 {runner} 2>/dev/null")
    return run


def _next_plugging_in_succeeds(lab, machine):
    runs_before = len(machine.history())
    machine.run("guardian eject usb")
    machine.wait_not_mounted()
    machine.pull(lab.disk)
    machine.wait_target("absent")
    machine.plug(lab.disk)
    machine.wait_success(runs_before)
    _is_whole(lab, machine)


def _is_whole(lab, machine):
    machine.pull(lab.disk)
    machine.wait_target("absent")
    lab.disk.must_pass_borg_check(REPOSITORY)
