"""The guest agent: runs commands in the guest, with their output and exit code."""

import base64
import json
import time
from dataclasses import dataclass

from qmp import LineSocket


@dataclass
class Result:
    command: str
    code: int
    out: str
    err: str

    @property
    def ok(self):
        return self.code == 0


class CommandFailed(AssertionError):
    pass


class Agent:
    _looks_per_second = 20

    def __init__(self, path):
        self._line_socket = LineSocket(path)
        self._last_sync = 0

    def ask(self, name, seconds=30, **arguments):
        self._line_socket.send(json.dumps({"execute": name, "arguments": arguments}).encode() + b"\n")
        answer = json.loads(self._line_socket.line(time.monotonic() + seconds))
        if "error" in answer:
            raise RuntimeError(f"{name}: {answer['error']['desc']}")
        return answer["return"]

    def synchronise(self, seconds):
        """After a boot or a restored state: answers to old questions may still be under way."""
        self._last_sync += 1
        self._line_socket.forget()
        question = {"execute": "guest-sync", "arguments": {"id": self._last_sync}}
        # The byte 0xff makes the agent drop a half-read question.
        self._line_socket.send(b"\xff" + json.dumps(question).encode() + b"\n")
        deadline = time.monotonic() + seconds
        while True:
            try:
                if json.loads(self._line_socket.line(deadline)).get("return") == self._last_sync:
                    return
            except ValueError:  # half an answer to an old question
                continue

    def start(self, command, stdin=None):
        """Starts a shell command; gives its pid in the guest."""
        arguments = {"path": "/bin/bash", "arg": ["-c", command], "capture-output": True}
        if stdin is not None:
            arguments["input-data"] = base64.b64encode(stdin.encode()).decode()
        return self.ask("guest-exec", **arguments)["pid"]

    def run(self, command, stdin=None, seconds=120):
        pid = self.start(command, stdin)
        deadline = time.monotonic() + seconds
        while True:
            status = self.ask("guest-exec-status", pid=pid)
            if status["exited"]:
                break
            if time.monotonic() > deadline:
                raise TimeoutError(f"still running after {seconds} s: {command}")
            time.sleep(1 / self._looks_per_second)
        text = {key: base64.b64decode(status.get(key, "")).decode(errors="replace") for key in ("out-data", "err-data")}
        return Result(command, status.get("exitcode", -status.get("signal", 0)), text["out-data"], text["err-data"])

    def close(self):
        self._line_socket.close()
