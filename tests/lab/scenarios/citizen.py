"""Guardian among the machine's other services: udev, the watchdog, sleep."""

from guest import PLAN, UUID


def plugging_in_starts_the_daemon(lab):
    """The daemon does not run; the udev rule has systemd start it when the disk comes, and the backup is made. udisks and
    desktops are told to leave the disk alone."""
    machine = lab.running()
    machine.must("systemctl stop guardian.service")
    machine.plug(lab.disk)
    machine.wait_until("systemctl is-active --quiet guardian.service")
    machine.wait_success()
    said = machine.must(f"udevadm info --query=property $(realpath /dev/disk/by-uuid/{UUID})")
    assert "UDISKS_IGNORE=1" in said and "SYSTEMD_WANTS=guardian.service" in said, said
    tested = machine.must(f"udevadm test $(udevadm info --query=path $(realpath /dev/disk/by-uuid/{UUID})) 2>&1")
    assert "61-guardian.rules" in tested and "Invalid" not in tested, tested


def watchdog(lab):
    """A daemon that stands still is found out by systemd, ended and started again; then it works."""
    machine = lab.running()
    machine.write("/run/systemd/system/guardian.service.d/short.conf", "[Service]\nWatchdogSec=20s\n")
    machine.must("systemctl daemon-reload && systemctl restart guardian.service")
    pid = machine.must("pidof guardiand").strip()
    machine.must(f"kill -STOP {pid}")
    machine.wait_until(f"p=$(pidof guardiand) && [ $p != {pid} ] && systemctl is-active --quiet guardian.service", 180)
    assert "Watchdog timeout" in machine.journal("--unit=guardian.service")
    machine.plug(lab.disk)
    machine.wait_success()


def sleep_and_shutdown_wait_for_the_run(lab):
    """While a run is going, who asks first is told that a backup runs; after it, nothing is held back any more."""
    machine = lab.running()
    machine.plug_into_long_run(lab.disk)
    held = machine.must("systemd-inhibit --list --no-pager")
    assert "Guardian" in held and "sleep:shutdown" in held.replace("shutdown:sleep", "sleep:shutdown") and PLAN in held, held
    assert machine.run("systemctl suspend --check-inhibitors=yes").code != 0
    machine.wait_success()
    assert "Guardian" not in machine.must("systemd-inhibit --list --no-pager")


def clock_set_back(lab):
    """The clock is set back by two days: the backup that now lies in the future satisfies nothing, another is made, and
    nothing is pruned by dates that cannot be right."""
    machine = lab.running()
    machine.plug(lab.disk)
    machine.wait_success()
    machine.set_clock("2027-03-08 12:00:00")
    run = machine.wait_run_over(2)
    assert run["outcome"] == "warning", run
    machine.wait_status('.incidents | any(.kind == "held-back")')
    machine.wait_target("safe-to-unplug")
    machine.pull(lab.disk)
    machine.wait_target("absent")
    assert len(lab.disk.archives("guest")) == 2


def setup_and_doctor(lab):
    """A machine that knows no backup yet: setup with flags alone writes the configuration, rules, timer and fstab line,
    makes the disk a target and starts everything; doctor finds nothing wrong, and names what is broken afterwards."""
    new = lab.new_disk("new", uuid="7d1c2b3a-0f0e-4d0c-8b0a-090807060504")
    machine = lab.running()
    machine.must("systemctl stop guardian.service 'guardian-run@*.timer'; rm -r /etc/guardian/guardian.toml "
                 "/var/lib/guardian/pins.json /var/lib/guardian/store/* /etc/udev/rules.d/61-guardian.rules")  # fmt: skip
    machine.plug(new)
    machine.wait_until(f"test -e /dev/disk/by-uuid/{new.uuid}")
    assert new.uuid in machine.must("guardian setup --list")
    machine.must(f"guardian setup --disk {new.uuid} --path /srv/files --fstab --yes")
    machine.wait_run_over(1)
    machine.wait_target("safe-to-unplug")
    machine.must("systemctl is-active --quiet guardian.service && systemctl list-timers | grep -q guardian-run@")
    machine.must(f"grep -q {new.uuid} /etc/fstab && grep -q {new.uuid} /etc/udev/rules.d/61-guardian.rules")
    said = machine.run("guardian doctor")
    assert said.code == 0, said.out
    machine.must("rm /etc/udev/rules.d/61-guardian.rules")
    said = machine.run("guardian doctor")
    assert said.code == 1 and "guardian rules --install" in said.out, said.out
