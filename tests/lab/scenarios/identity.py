"""Disks that look like the target and are not proven to be it."""


def twin_uuid(lab):
    """Two disks with the same UUID: neither is touched, not by one byte, and an incident says so."""
    twin = lab.disk.copy(lab.folder / "twin.img", serial="GUARDIAN-LAB-TWIN")
    before = lab.disk.hash()
    machine = lab.running()
    # Together, before the daemon looks: the first alone would be the target, and a run on it right.
    machine.keep_daemon_off()
    _plug_and_wait(machine, lab.disk, twin)
    machine.let_daemon_on()
    machine.wait_target("ambiguous")
    machine.wait_status('.incidents | any(.kind == "ambiguous")')
    # A person's run is refused as well.
    assert machine.run("guardian run files-usb").code == 4
    machine.must_not_be_mounted()
    machine.pull(lab.disk)
    machine.pull(twin)
    assert lab.disk.hash() == before and twin.hash() == before


def no_marker(lab):
    """A disk with the right UUID, made anew: it has no marker, and nothing is written on it."""
    stranger = lab.new_disk("stranger")
    machine = lab.running()
    machine.plug(stranger)
    run = machine.wait_run_over(1)
    assert run["outcome"] == "refused", run
    machine.wait_target("refused")
    machine.wait_status('.incidents | any(.kind == "refused")')
    machine.wait_not_mounted()
    machine.pull(stranger)
    with stranger.opened() as folder:
        assert [f.name for f in folder.iterdir()] == ["lost+found"]
    # The right one is still welcome.
    machine.wait_target("absent")
    machine.plug(lab.disk)
    machine.wait_status('.runs[0] | .id >= 2 and .outcome == "success"')
    machine.wait_status('.incidents | length == 0')


def _plug_and_wait(machine, *disks):
    for disk in disks:
        machine.plug(disk)
    machine.wait_until(f"[ $(lsblk --nodeps --noheadings --output SERIAL | grep -c GUARDIAN-LAB) = {len(disks)} ]")
    machine.must("udevadm settle")
