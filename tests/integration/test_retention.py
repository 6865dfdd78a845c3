"""What is deleted, and what is never deleted: only the plan's own archives, and nothing on doubt."""

import os
import time

from harness import command, config, mounts
from harness.disk import Disk


def run(machine, plan="files-usb", *arguments):
    return machine.guardian("run", plan, *arguments)


def the_next_second():
    """Of the archives that began in one second, Borg's --keep-last keeps one."""
    now = int(time.time())
    while int(time.time()) == now:
        time.sleep(0.02)


def run_without_roots_powers(machine, *arguments):
    return command.run(["setpriv", "--bounding-set", "-dac_override,-dac_read_search", config.program("guardian"),
                        "--config", machine.config.path, "run", "files-usb", *arguments])  # fmt: skip


def close_to_all_but_its_owner(folder):
    os.chown(folder, 12345, 12345)
    folder.chmod(0o700)


def archives_of(machine, plan):
    return [a for a in machine.archives() if a.startswith(plan + "-2")]


def write_twenty_files(machine):
    for n in range(20):
        (machine.config.source / f"file-{n}").write_text(str(n))


def remove_twenty_files(machine):
    for n in range(20):
        (machine.config.source / f"file-{n}").unlink()


def test_prune_takes_only_the_plans_own_archives(machine):
    machine.config.plans["files-usb"]["keep"] = {"last": 1}
    machine.add_plan("other")
    machine.plug_in()
    for plan in ("other", "files-usb", "other", "files-usb"):
        assert run(machine, plan).code == 0
    assert len(archives_of(machine, "files-usb")) == 1
    assert len(archives_of(machine, "other")) == 2
    with machine.repository() as repository:
        repository.check()


def test_without_keep_nothing_is_pruned(machine):
    machine.plug_in()
    for _ in range(2):
        assert run(machine).code == 0
    assert len(machine.archives()) == 2


def test_when_create_fails_nothing_is_pruned(machine):
    machine.config.plans["files-usb"]["keep"] = {"last": 1}
    machine.config.write()
    machine.plug_in()
    assert run(machine).code == 0
    machine.use_borg(create='"/usr/bin/borg" "$@" > /dev/null; exit 2', prune=f"touch {machine.folder}/pruned",
                     compact=f"touch {machine.folder}/pruned")
    assert run(machine).code == 1
    assert not (machine.folder / "pruned").exists()
    assert len(machine.archives()) == 2


def test_a_source_that_shrank_withholds_prune_until_a_person_says_it_is_right(machine):
    machine.config.plans["files-usb"]["keep"] = {"last": 1}
    machine.config.write()
    write_twenty_files(machine)
    machine.plug_in()
    assert run(machine).code == 0
    remove_twenty_files(machine)
    assert run(machine).code == 3
    assert machine.runs()[-1]["outcome"] == "warning"
    assert len(machine.archives()) == 2
    assert "shrank from 23 files" in machine.runs()[-1]["held_back"]
    machine.start_daemon()
    assert "nothing old was pruned" in machine.wait_incident("held-back")
    assert run(machine, "files-usb", "--shrunk-is-right").code == 0
    machine.wait_no_incident("held-back")
    machine.stop_daemon()
    assert sorted(a.endswith(".partial") for a in machine.archives()) == [False, True]


def test_a_source_that_is_gone_is_no_backup_and_prunes_nothing(machine):
    gone = machine.folder / "not-mounted"
    machine.config.jobs["files"]["paths"].append(str(gone))
    machine.config.plans["files-usb"]["keep"] = {"last": 1}
    machine.config.write()
    gone.mkdir()
    machine.plug_in()
    assert run(machine).code == 0
    gone.rmdir()
    assert run(machine).code == 1
    last = machine.runs()[-1]
    assert last["outcome"] == "failed" and f"the source {gone} is missing" in last["reason"]
    assert len(machine.archives()) == 2  # the rest was saved, and nothing pruned


def test_with_no_source_at_all_no_archive_is_made(machine):
    machine.config.jobs["files"]["paths"] = [str(machine.folder / "gone"), str(machine.folder / "too")]
    machine.config.write()
    machine.start_daemon()
    outcome, reason = machine.plug_in_and_wait()
    assert outcome == "failed" and "job files has no other source" in reason
    assert "no other source" in machine.wait_incident("failed")
    machine.stop_daemon()
    assert machine.archives() == []


def two_sources(machine):
    """A second source, small beside the first, and a plan that keeps one archive."""
    second = machine.folder / "second"
    second.mkdir()
    machine.config.jobs["files"]["paths"].append(str(second))
    machine.config.plans["files-usb"]["keep"] = {"last": 1}
    machine.config.write()
    return second


def test_a_source_that_was_unmounted_withholds_prune_though_the_whole_hardly_shrank(machine):
    second = two_sources(machine)
    mounts.mount("tmpfs", second, "-t", "tmpfs")
    (second / "photo").write_text("the only copy\n")
    machine.plug_in()
    assert run(machine).code == 0
    mounts.unmount(second)
    for _ in range(2):
        assert run(machine).code == 3
    last = machine.runs()[-1]
    assert last["outcome"] == "warning" and f"the source {second} is empty" in last["held_back"]
    assert len(machine.archives()) == 3
    assert run(machine, "files-usb", "--shrunk-is-right").code == 0
    assert run(machine).code == 0
    assert sorted(a.endswith(".partial") for a in machine.archives()) == [False, True]


def test_a_source_that_cannot_be_read_is_no_backup_and_prunes_nothing(machine):
    second = two_sources(machine)
    (second / "photo").write_text("the only copy\n")
    machine.plug_in()
    assert run(machine).code == 0
    machine.use_borg(create=f'printf \'%s\\n\' \'{{"type": "log_message", "levelname": "WARNING", "message": '
                            f'"{second}: scandir: [Errno 5] Input/output error"}}\' >&2; "/usr/bin/borg" "$@"; exit 1')
    failed = run(machine)
    assert failed.code == 1 and "could not be read" in failed.err
    assert len(machine.archives()) == 2


def test_an_empty_source_is_no_backup(machine):
    machine.plug_in()
    assert run(machine).code == 0
    for file in machine.config.source.iterdir():
        file.unlink()
    failed = run(machine)
    assert failed.code == 1 and "no file at all" in failed.err
    assert len(machine.archives()) == 2


def lose_database(machine):
    for path in (machine.config.state_dir / "store").glob("guardian.db*"):
        path.unlink()


def test_after_a_lost_database_nothing_is_pruned_until_a_person_says_so(machine):
    second = two_sources(machine)
    (second / "photo").write_text("the only copy\n")
    machine.plug_in()
    assert run(machine).code == 0
    lose_database(machine)
    (second / "photo").unlink()
    machine.unplug()
    assert run(machine).code == 5  # a run on record that says nothing of what was in the backups
    machine.plug_in()
    for _ in range(2):
        assert run(machine).code == 3
        assert "not known any more" in machine.runs()[-1]["held_back"]
    assert len(archives_of(machine, "files-usb")) == 3
    assert run(machine, "files-usb", "--shrunk-is-right").code == 0
    assert run(machine).code == 0


def test_an_answer_of_borgs_that_is_none_is_not_taken_for_an_empty_repository(machine):
    machine.config.plans["files-usb"]["keep"] = {"last": 1}
    machine.config.write()
    machine.plug_in()
    assert run(machine).code == 0
    lose_database(machine)
    machine.use_borg(list="exit 2")
    assert run(machine).code == 3
    assert len(machine.archives()) == 2


def test_what_a_person_says_is_right_is_not_deleted_for_it(machine):
    machine.config.plans["files-usb"]["keep"] = {"last": 5}
    machine.config.write()
    write_twenty_files(machine)
    machine.plug_in()
    assert run(machine).code == 0
    remove_twenty_files(machine)
    for _ in range(3):
        the_next_second()
        assert run(machine).code == 3
    the_next_second()
    assert run(machine, "files-usb", "--shrunk-is-right").code == 0
    assert len(machine.archives()) == 5


def test_an_archive_that_could_not_be_set_aside_is_by_the_next_run_before_it_prunes(machine):
    second = two_sources(machine)
    (second / "photo").write_text("the only copy\n")
    machine.plug_in()
    assert run(machine).code == 0
    write_twenty_files(machine)
    assert run(machine).code == 0
    whole = machine.archives()[0]
    remove_twenty_files(machine)
    machine.use_borg(rename="exit 2")
    assert run(machine).code == 3
    doubtful = machine.runs()[-1]["archive"]
    assert not doubtful.endswith(".partial")
    write_twenty_files(machine)
    assert run(machine).code == 3  # nor can this one: nothing is pruned
    assert "cannot rename the archive " + doubtful in machine.runs()[-1]["held_back"]
    assert whole in machine.archives()
    machine.use_borg()
    assert run(machine).code == 0
    assert doubtful + ".partial" in machine.archives() and doubtful not in machine.archives()


def test_an_archive_that_a_killed_borg_never_named_is_set_aside_before_the_next_prune(machine):
    machine.config.plans["files-usb"]["keep"] = {"last": 2}
    machine.config.write()
    machine.plug_in()
    assert run(machine).code == 0
    whole = machine.archives()[0]
    machine.use_borg(create='"/usr/bin/borg" "$@" > /dev/null; kill -9 $$')
    assert run(machine).code == 1
    unnamed = [a for a in machine.archives() if a != whole]
    assert len(unnamed) == 1 and not machine.runs()[-1]["archive"]
    machine.use_borg()
    assert run(machine).code == 0
    names = machine.archives()
    assert whole in names and unnamed[0] + ".partial" in names and unnamed[0] not in names


def test_another_filesystem_on_a_sources_mount_point_withholds_prune(machine):
    second = two_sources(machine)
    disks = [Disk.make(machine.folder / f"source-{n}.img", size=64 * 1024 * 1024) for n in range(2)]
    try:
        for disk in disks:
            disk.plug_in()
            disk.announce()
        mounts.mount(disks[0].loop, second)
        (second / "photo").write_text("the only copy\n")
        machine.plug_in()
        assert run(machine).code == 0
        mounts.unmount(second)
        mounts.mount(disks[1].loop, second)
        assert run(machine).code == 3
        assert f"on {second} is another filesystem ({disks[1].uuid})" in machine.runs()[-1]["held_back"]
        mounts.unmount(second)
        mounts.mount(disks[0].loop, second)
        assert run(machine).code == 0
    finally:
        mounts.unmount(second)
        for disk in disks:
            disk.unplug()


def test_a_source_tagged_as_a_cache_is_no_backup(machine):
    second = two_sources(machine)
    (second / "photo").write_text("the only copy\n")
    machine.config.jobs["files"]["exclude_caches"] = True
    machine.config.write()
    machine.plug_in()
    assert run(machine).code == 0
    (second / "CACHEDIR.TAG").write_text("Signature: 8a477f597d28d172789f06886806bc55\n")
    failed = run(machine)
    assert failed.code == 1 and f"{second} holds a CACHEDIR.TAG" in failed.err
    assert len(machine.archives()) == 2


def test_an_archive_from_the_future_withholds_prune_and_is_named(machine):
    machine.config.plans["files-usb"]["keep"] = {"last": 1}
    machine.config.write()
    machine.plug_in()
    assert run(machine).code == 0
    with machine.repository() as repository:
        repository.borg("rename", f"{repository.path}::{repository.archives()[0]}", "files-usb-2031-01-01T00:00:00")
    lose_database(machine)
    for arguments in ((), ("--shrunk-is-right",)):
        assert run(machine, "files-usb", *arguments).code == 3
        assert len(machine.archives()) > 1
    assert "borg delete" in machine.runs()[-1]["held_back"]
    assert "files-usb-2031-01-01T00:00:00 is dated later" in machine.runs()[-1]["held_back"]


def test_archives_on_which_there_is_doubt_never_push_out_a_whole_one(machine):
    second = two_sources(machine)
    (second / "photo").write_text("the only copy\n")
    machine.plug_in()
    assert run(machine).code == 0
    whole = machine.archives()[0]
    away = second.rename(machine.folder / "away")
    for _ in range(3):
        assert run(machine).code == 1
    names = machine.archives()
    assert whole in names and len([n for n in names if n.endswith(".partial")]) == 3
    away.rename(second)
    assert run(machine).code == 0
    assert sorted(a.endswith(".partial") for a in machine.archives()) == [False, True]
    with machine.repository() as repository:
        repository.check()


def test_a_prune_that_takes_the_archive_just_made_is_no_success(machine):
    machine.config.plans["files-usb"]["keep"] = {"last": 1}
    machine.config.write()
    machine.plug_in()
    assert run(machine).code == 0
    machine.use_borg(create='set -- "$1" --timestamp 2020-01-01T00:00:00 "${@:2}"; exec "/usr/bin/borg" "$@"')
    failed = run(machine)
    assert failed.code == 1 and "that was just made" in failed.err
    assert machine.runs()[-1]["outcome"] == "failed"


def test_what_could_be_read_before_and_not_now_withholds_prune(machine):
    """A share that squashes root, or a folder whose key is locked: Borg says one line, and is content."""
    second = two_sources(machine)
    home = second / "anna"
    home.mkdir()
    (home / "photo").write_text("the only copy\n")
    (second / "other").write_text("x")
    close_to_all_but_its_owner(home)
    machine.plug_in()
    assert run(machine).code == 0
    for _ in range(2):
        assert run_without_roots_powers(machine).code == 3
        assert f"what could be read at the last backup cannot be now: {home}" in machine.runs()[-1]["held_back"]
    assert len(machine.archives()) == 3
    # Declared right, it is so from then on: what may never be read would otherwise keep every archive for ever.
    assert run_without_roots_powers(machine, "--shrunk-is-right").code == 3
    assert not machine.runs()[-1]["held_back"]
    assert run_without_roots_powers(machine).code == 3
    assert not machine.runs()[-1]["held_back"]


def test_a_source_on_the_target_itself_is_said_to_be_left_out(machine):
    """A desktop has mounted the backup disk a second time, and the photos of the job lie on it."""
    second = machine.folder / "second"
    machine.config.jobs["files"]["paths"].append(str(second / "photos"))
    machine.config.write()
    machine.plug_in()
    mounts.mount(machine.disk.loop, second)
    (second / "photos").mkdir()
    (second / "photos" / "photo").write_text("the only copy\n")
    assert run(machine).code == 1
    assert f"the source {second}/photos lies within {second}, which is the target itself" in machine.runs()[-1]["reason"]


def test_a_person_answers_only_for_what_was_said(machine):
    """Between the doubt and the answer another source is unmounted: that is doubt again."""
    second = two_sources(machine)
    mounts.mount("tmpfs", second, "-t", "tmpfs")
    (second / "photo").write_text("the only copy\n")
    write_twenty_files(machine)
    machine.plug_in()
    assert run(machine).code == 0
    remove_twenty_files(machine)
    assert run(machine).code == 3
    assert "shrank" in machine.runs()[-1]["held_back"]
    mounts.unmount(second)
    assert run(machine, "files-usb", "--shrunk-is-right").code == 3
    assert f"the source {second} is empty" in machine.runs()[-1]["held_back"]
    assert "nobody knew that when --shrunk-is-right was typed" in machine.runs()[-1]["held_back"]
    assert "shrank" not in machine.runs()[-1]["held_back"]
    assert run(machine, "files-usb", "--shrunk-is-right").code == 0


def test_an_archive_without_a_file_never_makes_prune_give_up_another(machine):
    machine.config.plans["files-usb"]["keep"] = {"last": 1}
    machine.config.write()
    machine.plug_in()
    assert run(machine).code == 0
    for path in sorted(machine.config.source.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()
    assert run(machine).code == 1
    assert run(machine, "files-usb", "--shrunk-is-right").code == 3
    assert "holds no file at all" in machine.runs()[-1]["held_back"]
    assert len([a for a in machine.archives() if not a.endswith(".partial")]) >= 1


def test_an_archive_that_borg_never_named_is_settled_though_a_doubtful_run_came_between(machine):
    machine.config.plans["files-usb"]["keep"] = {"last": 2}
    machine.config.write()
    write_twenty_files(machine)
    machine.plug_in()
    assert run(machine).code == 0
    (whole,) = machine.archives()
    remove_twenty_files(machine)
    machine.use_borg(create='"/usr/bin/borg" "$@" > /dev/null; kill -9 $$')
    assert run(machine).code != 0
    machine.use_borg()
    assert run(machine).code == 3
    write_twenty_files(machine)
    assert run(machine).code == 0
    assert whole in machine.archives()
    assert sum(not a.endswith(".partial") for a in machine.archives()) == 2


def test_a_moved_mount_point_neither_loses_the_past_nor_what_is_owed(machine):
    machine.config.plans["files-usb"]["keep"] = {"last": 1}
    machine.config.write()
    write_twenty_files(machine)
    machine.plug_in()
    assert run(machine).code == 0
    (whole,) = machine.archives()
    remove_twenty_files(machine)
    machine.use_borg(rename="exit 2")
    assert run(machine).code == 3
    machine.use_borg()
    machine.config.mount = machine.config.targets["usb"]["mount"] = machine.folder / "elsewhere"
    machine.config.write()
    assert run(machine).code == 3
    assert "shrank" in machine.runs()[-1]["held_back"] and whole in machine.archives()
    write_twenty_files(machine)
    assert run(machine).code == 0
    assert sum(not a.endswith(".partial") for a in machine.archives()) == 1


def test_a_yes_to_a_half_is_none_to_a_tenth(machine):
    machine.config.plans["files-usb"]["keep"] = {"last": 1}
    machine.config.write()
    for n in range(200):
        (machine.config.source / f"file-{n}").write_text(str(n))
    machine.plug_in()
    assert run(machine).code == 0
    for n in range(120):
        (machine.config.source / f"file-{n}").unlink()
    assert run(machine).code == 3
    for n in range(120, 198):
        (machine.config.source / f"file-{n}").unlink()
    assert run(machine, "files-usb", "--shrunk-is-right").code == 3
    assert "type it again" in machine.runs()[-1]["held_back"]
    assert run(machine, "files-usb", "--shrunk-is-right").code == 0


def test_a_new_folder_beside_one_that_was_never_readable_is_no_doubt(machine):
    second = two_sources(machine)
    (second / "other").write_text("x")
    machine.plug_in()
    for name in ("anna", "berta", "carla"):
        (second / name).mkdir()
        close_to_all_but_its_owner(second / name)
        assert run_without_roots_powers(machine).code == 3
        assert not machine.runs()[-1]["held_back"], machine.runs()[-1]
