"""The control socket: who may ask for what, and that no client costs the daemon anything."""

import json
import os
import select
import socket
import sys

import pytest
from harness import command, control, waiting

NOBODY, GROUP = 65534, 64123

# Asks, and prints the answer. Runs as somebody else.
CLIENT = """
import socket, sys
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
s.sendall(sys.argv[2].encode() + b"\\n")
print(s.makefile().read())
"""


def ask_as(machine, request, *credentials):
    path = machine.config.runtime_dir / "daemon" / "control.sock"
    return command.run(["setpriv", "--reuid", str(NOBODY), *credentials, sys.executable, "-c", CLIENT, path,
                        json.dumps(request)])


def let_everyone_reach_the_socket(machine):
    """The folders' and the socket's own permissions are out of the way: what is tested is who the kernel says it is."""
    os.chmod(machine.folder, 0o755)
    os.chmod(machine.config.runtime_dir, 0o755)


def is_well(machine):
    return control.ask(machine, op="ping")["ok"]


def test_root_may_ask_and_run(machine):
    machine.config.plans["files-usb"]["on_plug"] = "never"
    machine.config.write()
    machine.start_daemon()
    machine.disk.plug_in()
    machine.log.wait("plugged in")
    assert control.ask(machine, op="status")["status"]["targets"][0]["name"] == "usb"
    assert control.ask(machine, op="run", plan="files-usb")["ok"]
    assert machine.wait_outcome()[0] == "success"
    assert machine.runs()[-1]["trigger"] == "asked"
    machine.wait_released()


def test_a_stranger_cannot_even_connect(machine):
    machine.start_daemon()
    let_everyone_reach_the_socket(machine)
    done = ask_as(machine, {"op": "ping"}, "--regid", str(NOBODY), "--clear-groups")
    assert "PermissionError" in done.err


def test_a_stranger_who_connects_is_denied_everything(machine):
    machine.start_daemon()
    let_everyone_reach_the_socket(machine)
    os.chmod(machine.config.runtime_dir / "daemon" / "control.sock", 0o666)
    for request in ({"op": "ping"}, {"op": "status"}, {"op": "run", "plan": "files-usb"}, {"op": "reload"}):
        answer = json.loads(ask_as(machine, request, "--regid", str(NOBODY), "--clear-groups").out)
        assert answer["ok"] is False and answer["code"] == "denied"


def with_a_group_of_our_own(machine):
    """A way to start the daemon where /etc/group knows `guardian`; nobody else sees it. Others' disks are let go of
    in there, so that it holds none."""
    group = machine.folder / "group"
    with open("/etc/group", encoding="utf-8") as f:
        lines = [line for line in f if not line.startswith("guardian:")]
    group.write_text("".join(lines) + f"guardian:x:{GROUP}:\n")
    script = ('for m in $(findmnt -rno TARGET,SOURCE | grep " /dev/loop" | cut -d" " -f1); do umount -l "$m"; done\n'
              f'mount --bind "{group}" /etc/group && exec "$@"')
    return ["unshare", "--mount", "--propagation", "private", "/bin/sh", "-c", script, "sh"]


def test_the_group_guardian_may_ask_for_status_and_nothing_more(machine):
    machine.start_daemon(wrapper=with_a_group_of_our_own(machine))
    let_everyone_reach_the_socket(machine)
    for credentials in (["--regid", str(GROUP), "--clear-groups"], ["--regid", str(NOBODY), "--groups", str(GROUP)]):
        assert json.loads(ask_as(machine, {"op": "status"}, *credentials).out)["ok"] is True
        for request in ({"op": "run", "plan": "files-usb"}, {"op": "eject", "target": "usb"}, {"op": "reload"},
                        {"op": "run-started", "plan": "files-usb", "run": 1}, {"op": "initialised", "target": "usb"}):
            answer = json.loads(ask_as(machine, request, *credentials).out)
            assert (answer["ok"], answer["code"]) == (False, "denied")


@pytest.mark.parametrize("line", [
    b"\n", b"nonsense\n", b"{}\n", b"[]\n", b'{"op": 7}\n', b'{"op": "fly"}\n', b'{"op": "run"}\n',
    b'{"op": "run", "plan": "no-such"}\n', b'{"op": "eject", "target": "\\u001b[31m"}\n', b'{"op": "run", "plan": 7}\n',
    b'{"op": "run-started", "plan": "files-usb", "run": -1}\n', b"\xff\xfe\x00\x1b\n", b"[" * 4000 + b"\n",
    b'{"op": "ping", "op": "reload"' + b"\n",
])
def test_what_is_not_understood_is_answered_and_changes_nothing(machine, line):
    machine.start_daemon()
    answer = control.send(machine, line)
    assert json.loads(answer)["ok"] is False
    assert b"\x1b" not in answer
    assert is_well(machine)


def test_a_request_that_is_too_long_is_turned_down(machine):
    machine.start_daemon()
    answer = control.send(machine, b'{"op": "' + b"x" * 100_000)
    assert answer == b"" or json.loads(answer)["code"] == "usage"
    assert is_well(machine)


def test_a_client_that_leaves_before_its_answer_costs_nothing(machine):
    machine.start_daemon()
    for _ in range(50):
        with control.connect(machine) as s:
            s.sendall(b'{"op": "status"}\n')
    assert is_well(machine)


def test_silent_and_slow_clients_are_dropped_and_hold_nobody_up(machine):
    machine.start_daemon()
    silent, slow = control.connect(machine), control.connect(machine)
    slow.sendall(b'{"op"')
    assert is_well(machine)
    for s in (silent, slow):
        assert control.rest_of(s) == b""  # dropped, within the deadline of the test
        s.close()
    assert is_well(machine)


def test_200_clients_at_once_do_not_keep_a_disk_from_being_noticed(machine):
    machine.start_daemon()
    clients = []
    for _ in range(200):
        s = socket.socket(socket.AF_UNIX)
        s.setblocking(False)
        s.connect_ex(str(machine.config.runtime_dir / "daemon" / "control.sock"))
        clients.append(s)
    machine.disk.plug_in()
    assert machine.wait_outcome()[0] == "success"
    for s in clients:
        s.close()
    waiting.until("the daemon answers again", lambda: is_well_again(machine))
    machine.wait_released()


def is_well_again(machine):
    try:
        return is_well(machine)
    except (OSError, ValueError):
        return False


def test_the_answer_of_a_client_that_does_not_read_is_given_up(machine):
    machine.start_daemon()
    with control.connect(machine) as s:
        s.sendall(b'{"op": "status"}\n')
        select.select([s], [], [], waiting.DEADLINE)
        assert is_well(machine)
