"""Processes that are killed: a run is never lost, and never counted as a success that it was not."""

import signal

from harness import processes


def start_a_run_that_waits(machine):
    """The daemon's run, waiting in mid-create: the gate, the pid of Borg and that of the runner."""
    gate = machine.borg_waits_in_create()
    machine.start_daemon()
    machine.disk.plug_in()
    borg = gate.wait()
    return gate, borg, machine.plan()["running"]["pid"]


def check_it_recovers_by_itself(machine):
    machine.use_real_borg()
    machine.unplug()
    assert machine.plug_in_and_wait()[0] == "success"
    machine.wait_no_incident("failed")
    machine.stop_daemon()
    with machine.repository() as repository:
        assert len(repository.archives()) == 1
        repository.check()


def check_it_goes_on(machine, gate, runner):
    """A run whose daemon is gone, and the next daemon's knowledge of it."""
    assert processes.is_alive(runner)
    assert machine.plan()["state"] == "running"  # `status` knows without a daemon
    since = machine.log.mark()
    machine.start_daemon()
    assert machine.log.wait("goes on", since)
    gate.open()
    assert machine.wait_outcome(since)[0] == "success"
    machine.wait_released(since)
    assert machine.outcomes() == ["success"]


def test_daemon_killed_the_run_goes_on_and_the_next_daemon_records_how_it_ends(machine):
    gate, _, runner = start_a_run_that_waits(machine)
    machine.stop_daemon(signal.SIGKILL)
    check_it_goes_on(machine, gate, runner)


def test_daemon_stopped_by_sigterm_leaves_the_run_alone(machine):
    gate, _, runner = start_a_run_that_waits(machine)
    assert machine.stop_daemon(signal.SIGTERM) == 0
    check_it_goes_on(machine, gate, runner)


def test_a_run_that_ends_while_no_daemon_is_there_is_not_run_again_and_its_disk_is_let_go(machine):
    gate, _, runner = start_a_run_that_waits(machine)
    machine.stop_daemon(signal.SIGKILL)
    gate.open()
    processes.wait_gone(runner)
    assert machine.outcomes() == ["success"] and machine.is_mounted()
    since = machine.log.mark()
    machine.start_daemon()
    machine.wait_released(since)
    machine.wait_target("safe-to-unplug")
    assert machine.outcomes() == ["success"]


def test_daemon_and_runner_killed_it_is_aborted_and_the_next_run_succeeds(machine):
    _, borg, runner = start_a_run_that_waits(machine)
    machine.stop_daemon(signal.SIGKILL)
    processes.kill(runner)
    processes.wait_gone(borg)  # it dies with its runner
    assert machine.plan()["state"] == "failed"  # `status` does not believe in a run without a process
    since = machine.log.mark()
    machine.start_daemon()
    machine.log.wait("was aborted", since)
    assert "aborted" in machine.wait_incident("failed")
    machine.wait_released(since)
    assert machine.outcomes() == ["aborted"] and machine.plan()["last_success"] is None
    check_it_recovers_by_itself(machine)


def test_runner_killed_borg_dies_with_it_and_the_next_run_succeeds(machine):
    _, borg, runner = start_a_run_that_waits(machine)
    since = machine.log.mark()
    processes.kill(runner)
    assert machine.wait_outcome(since)[0] == "aborted"
    processes.wait_gone(borg)
    assert "aborted" in machine.wait_incident("failed")
    machine.wait_released(since)
    check_it_recovers_by_itself(machine)


def test_borg_killed_it_failed_its_lock_is_cleared_and_the_next_run_succeeds(machine):
    _, borg, _ = start_a_run_that_waits(machine)
    since = machine.log.mark()
    processes.kill(borg)
    outcome, reason = machine.wait_outcome(since)
    assert outcome == "failed" and "killed by signal 9" in reason
    machine.wait_released(since)
    with machine.disk_aside() as disk:
        assert list((disk / "repo/lock.exclusive").iterdir()) != []  # the lock of the dead
    check_it_recovers_by_itself(machine)


def test_the_runner_told_to_stop_cancels_and_that_is_no_failure(machine):
    _, borg, runner = start_a_run_that_waits(machine)
    since = machine.log.mark()
    processes.kill(runner, signal.SIGTERM)
    assert machine.wait_outcome(since)[0] == "cancelled"
    processes.wait_gone(borg)
    machine.wait_released(since)
    assert "failed" not in machine.incidents()
    check_it_recovers_by_itself(machine)
