"""What the package leaves behind."""

FILES = "/lib /usr /etc /run /var"


def package_removed_and_purged(lab):
    """Removed, no unit, rule, timer, mount or process is left, and the state is kept; purged, the state and the user go,
    and a backup on the disk stays. Installed again, everything is there, and after a removal also in force."""
    machine = lab.running()
    machine.plug(lab.disk)
    machine.wait_success()
    machine.must("DEBIAN_FRONTEND=noninteractive dpkg --remove guardian")
    machine.must("! pgrep -x guardiand")
    machine.must_not_be_mounted()
    assert not machine.run("systemctl list-units --all --plain --no-legend 'guardian*' | grep -v not-found").out
    assert not machine.run("systemctl list-timers --all --no-legend 'guardian*'").out
    left = machine.must("find /lib/systemd /usr/lib/systemd /lib/udev /usr/lib/udev /run/systemd/generator* "
                        "/usr/bin /usr/sbin -name '*guardian*' 2>/dev/null || true")  # fmt: skip
    assert not left, left
    machine.must("test -s /var/lib/guardian/pins.json -o -n \"$(find /var/lib/guardian -name pins.json)\"")
    machine.must("test -s /etc/guardian/guardian.toml")
    _is_as_it_was_when_installed_again(machine)
    machine.must("DEBIAN_FRONTEND=noninteractive dpkg --purge guardian")
    machine.must("test ! -e /var/lib/guardian")
    machine.must("! getent passwd guardian")
    left = machine.must("find /etc /run /var/lib /var/cache -xdev -name '*guardian*' -not -path '/var/lib/dpkg/*'")
    # The configuration is the person's own: it was written by hand and not by the package.
    assert set(left.split()) <= {"/etc/guardian", "/etc/guardian/guardian.toml"}, left
    machine.pull(lab.disk)
    assert len(lab.disk.archives("guest")) == 1
    machine.must("dpkg --install /root/guardian.deb")
    machine.must("systemctl cat guardian.service")


def _is_as_it_was_when_installed_again(machine):
    machine.must("dpkg --install /root/guardian.deb")
    machine.must("systemctl is-enabled --quiet guardian.service && systemctl is-active --quiet guardian.service")
    machine.must("test -s /etc/udev/rules.d/61-guardian.rules && systemctl list-timers --all | grep -q guardian-run@")
    # What a person has switched off, an upgrade leaves off.
    machine.must("systemctl disable --now --quiet guardian.service && dpkg --install /root/guardian.deb")
    machine.must("! systemctl is-enabled --quiet guardian.service && ! systemctl is-active --quiet guardian.service")
    machine.must("DEBIAN_FRONTEND=noninteractive dpkg --remove guardian")
