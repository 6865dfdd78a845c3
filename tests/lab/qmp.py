"""QEMU's machine protocol over its socket: commands, and events that are kept until someone asks for them."""

import json
import socket
import time


class Gone(Exception):
    """QEMU is not there any more, or closed the connection."""


class LineSocket:
    """A UNIX stream socket that is read line by line, with a deadline."""

    def __init__(self, path):
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(str(path))
        self._rest = b""

    def send(self, data):
        try:
            self._socket.sendall(data)
        except OSError as error:
            raise Gone(str(error)) from error

    def line(self, deadline):
        while b"\n" not in self._rest:
            self._socket.settimeout(max(0.001, deadline - time.monotonic()))
            try:
                data = self._socket.recv(65536)
            except socket.timeout as error:
                raise TimeoutError from error
            except OSError as error:
                raise Gone(str(error)) from error
            if not data:
                raise Gone("the connection was closed")
            self._rest += data
        line, self._rest = self._rest.split(b"\n", 1)
        return line

    def forget(self):
        """What was received and not read yet belongs to a question that nobody waits for any more."""
        self._rest = b""

    def close(self):
        self._socket.close()


class Qmp:
    def __init__(self, path):
        self._line_socket = LineSocket(path)
        self._events = []
        self._read(time.monotonic() + 10)
        self.command("qmp_capabilities")

    def _read(self, deadline):
        message = json.loads(self._line_socket.line(deadline))
        if "event" in message:
            self._events.append(message)
        return message

    def command(self, name, **arguments):
        question = {"execute": name, "arguments": arguments}
        self._line_socket.send(json.dumps(question).encode() + b"\n")
        deadline = time.monotonic() + 60
        while True:
            answer = self._read(deadline)
            if "error" in answer:
                raise RuntimeError(f"{name}: {answer['error']['desc']}")
            if "return" in answer:
                return answer["return"]

    def human(self, line):
        said = self.command("human-monitor-command", **{"command-line": line}).strip()
        if said:
            raise RuntimeError(f"{line}: {said}")

    def wait_event(self, name, seconds, **wanted):
        """The oldest event with that name and data that was not asked for yet."""
        deadline = time.monotonic() + seconds
        while True:
            for event in self._events:
                data = event.get("data", {})
                if event["event"] == name and all(data.get(k) == v for k, v in wanted.items()):
                    self._events.remove(event)
                    return event
            self._read(deadline)

    def forget_events(self, name):
        self._events = [e for e in self._events if e["event"] != name]

    def close(self):
        self._line_socket.close()
