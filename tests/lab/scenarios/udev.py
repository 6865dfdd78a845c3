"""The machine itself, without Guardian's part: does hot-plugging work at all?"""


def usb_disk_comes_and_goes(lab):
    """A USB disk that is plugged in has its UUID in udev; pulled, it is gone. Should this fail, no other result counts."""
    machine = lab.running()
    machine.keep_daemon_off()
    link = f"/dev/disk/by-uuid/{lab.disk.uuid}"
    for _ in range(2):
        machine.must(f"test ! -e {link}")
        machine.plug(lab.disk)
        machine.wait_until(f"test -e {link}")
        assert lab.disk.serial in machine.must("udevadm info --query=property $(realpath " + link + ")")
        machine.pull(lab.disk)
        machine.wait_until(f"test ! -e {link}")
