"""Text from outside never reaches a terminal or the log as it is."""

import os

from harness import command

NASTY_NAMES = [b"new\nline", b"escape-\x1b[31m-red", b"quote\"'`$(reboot)", b"invalid-\xff\xfe-utf8", b"back\rspace\x08",
               b"right-to-left-\xe2\x80\xae", b"c1-\xc2\x9b31m"]


def assert_clean(raw):
    """No control byte but the newline, and no C1 control, which some terminals take for an escape."""
    bad = [b for b in raw if (b < 0x20 and b != 0x0A) or b == 0x7F]
    assert not bad, f"{bad} in {raw!r}"
    text = raw.decode("utf-8")  # not UTF-8 at all would fail here
    assert not any(0x80 <= ord(c) < 0xA0 or c in "\u202e\u202d\u2066" for c in text)


def everything_shown(machine):
    yield bytes(machine.log.raw)
    runs = machine.runs()
    for verb in (["status"], ["status", "--json"], ["history"], ["history", "--json"], ["config", "show"],
                 *(["log", str(r["id"])] for r in runs)):
        done = machine.guardian(*verb)
        yield done.raw_out
        yield done.raw_err


def test_a_label_with_control_characters_is_shown_escaped(machine):
    command.check(["tune2fs", "-L", b"\x1b[31mX\n\"'\xff".decode("utf-8", "surrogateescape"), machine.disk.image])
    machine.start_daemon()
    assert machine.plug_in_and_wait()[0] == "success"
    for shown in everything_shown(machine):
        assert_clean(shown)


def make_nasty_source(machine):
    """Files whose names are hostile, all of which Borg comes to after the gate: it goes by inode."""
    source = machine.config.source
    (source / "gate").unlink()
    paths = []
    for name in NASTY_NAMES + [b"one-more"]:
        path = os.path.join(os.fsencode(source), name)
        with open(path, "wb") as f:
            f.write(b"x")
        paths.append(path)
    first = min(paths, key=lambda p: os.stat(p).st_ino)
    os.rename(first, os.path.join(os.fsencode(source), b"gate"))
    return [p for p in paths if p != first]


def test_file_names_in_borgs_warnings_and_progress_are_shown_escaped(machine):
    nasty = make_nasty_source(machine)
    gate = machine.borg_waits_in_create()
    machine.start_daemon()
    machine.disk.plug_in()
    gate.wait()
    for path in nasty:  # listed already, gone when Borg comes to them: each is a warning
        os.unlink(path)
    gate.open()
    assert machine.wait_outcome()[0] == "warning"
    run = machine.runs()[-1]
    assert run["warnings"] == len(nasty)
    assert "escape-" in machine.guardian("log", str(run["id"])).out
    for shown in everything_shown(machine):
        assert_clean(shown)


def test_a_terminals_bar_shows_hostile_names_escaped(machine):
    """On a terminal the bar has escape sequences of its own; a file's name adds none."""
    make_nasty_source(machine)
    machine.plug_in()
    done = command.run(["script", "--quiet", "--return", "--command",
                        f"'{os.environ['GUARDIAN_BIN']}/guardian' --config '{machine.config.path}' run files-usb",
                        "/dev/null"], env=dict(os.environ, TERM="xterm"))
    assert done.code == 0, done
    assert b"\x1b[31m" not in done.raw_out and b"\xff\xfe" not in done.raw_out


def test_a_hostile_repository_config_and_marker_are_shown_escaped(machine):
    with machine.disk_aside() as disk:
        marker = disk / ".guardian-target.json"
        marker.unlink()
        marker.write_text('{"token": "' + "a" * 64 + '", "host": "\\u001b[31mevil\\n", "target": "\\u009b", "created": "\\r"}')
    machine.start_daemon()
    assert machine.plug_in_and_wait()[0] == "refused"
    for shown in everything_shown(machine):
        assert_clean(shown)


def test_a_hostile_configuration_file_is_shown_escaped(machine):
    machine.config.path.write_bytes(b'[target."\x1b[31m"]\ntype = "\\u001b[31m"\n"\xff" = 1\n[plan.x]\njob="\\u009b"\n')
    for verb in (["status"], ["config", "check"]):
        done = machine.guardian(*verb)
        assert done.code == 2
        assert_clean(done.raw_err + done.raw_out)
