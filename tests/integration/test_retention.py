"""What is deleted, and what is never deleted: only the plan's own archives, and nothing on doubt."""

from harness import mounts


def run(machine, plan="files-usb", *arguments):
    return machine.guardian("run", plan, *arguments)


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


def test_a_lost_history_does_not_forget_how_large_the_source_was(machine):
    machine.config.plans["files-usb"]["keep"] = {"last": 1}
    machine.config.write()
    write_twenty_files(machine)
    machine.plug_in()
    assert run(machine).code == 0
    remove_twenty_files(machine)
    for path in machine.config.state_dir.glob("guardian.db*"):
        path.unlink()
    assert run(machine).code == 3
    assert "shrank from 23 files" in machine.runs()[-1]["held_back"]
    assert len(machine.archives()) == 2


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
