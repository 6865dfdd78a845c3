"""A target as a careful person has it: two drives, a mirror (md), encryption (LUKS) and a logical volume (LVM) on them."""

from guest import UUID

KEY = "/root/lab.key"
VOLUME = "/dev/lab/volume"


def make_on(machine, disks):
    """Of two blank disks, which are plugged in; the daemon sees the filesystem when all is there."""
    machine.keep_daemon_off()
    for disk in disks:
        machine.plug(disk, driver="nvme")
    machine.wait_until(f"test $(ls /dev/nvme?n1 | wc -l) = {len(disks)}")
    machine.write(KEY, "a key for tests")
    machine.must("udevadm settle && modprobe raid1 && modprobe dm-crypt && modprobe dm-mod")
    machine.must("mdadm --create /dev/md/lab --run --level=1 --raid-devices=2 --metadata=1.2 --assume-clean --bitmap=none "
                 "--homehost=any /dev/nvme0n1 /dev/nvme1n1")
    machine.must(f"cryptsetup luksFormat --batch-mode --type luks2 --pbkdf pbkdf2 --pbkdf-force-iterations 1000 "
                 f"/dev/md/lab {KEY} && cryptsetup open --key-file {KEY} /dev/md/lab lab-crypt", seconds=300)
    machine.must("pvcreate -q /dev/mapper/lab-crypt && vgcreate -q lab /dev/mapper/lab-crypt "
                 "&& lvcreate -q --yes --extents 100%FREE --name volume lab", seconds=300)
    machine.must(f"mkfs.ext4 -q -E lazy_itable_init=1 -U {UUID} {VOLUME} && udevadm settle", seconds=300)
    machine.must("guardian init usb --replace", seconds=300)
    machine.let_daemon_on()
