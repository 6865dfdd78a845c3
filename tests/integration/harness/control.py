"""Clients of the control socket."""

import json
import socket

from . import waiting


def connect(machine):
    s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    s.settimeout(waiting.DEADLINE)
    s.connect(str(machine.config.runtime_dir / "daemon" / "control.sock"))
    return s


def rest_of(s):
    """Everything until the daemon closes."""
    answer = b""
    while True:
        try:
            piece = s.recv(65536)
        except ConnectionResetError:  # it closed while we were still sending
            return answer
        if not piece:
            return answer
        answer += piece


def send(machine, line):
    """The answer's bytes; empty when the daemon closes without one."""
    with connect(machine) as s:
        try:
            s.sendall(line)
        except (BrokenPipeError, ConnectionResetError):
            pass
        return rest_of(s)


def ask(machine, **request):
    return json.loads(send(machine, json.dumps(request).encode() + b"\n"))
