"""What the daemon and its runners say, as they say it: one pipe for all of them, read by a thread."""

import os
import threading
import time

from . import waiting


class Log:
    def __init__(self):
        self.read_fd, self.write_fd = os.pipe()
        self.raw = bytearray()
        self.changed = threading.Condition()
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        while True:
            piece = os.read(self.read_fd, 65536)
            with self.changed:
                self.raw += piece
                self.changed.notify_all()
            if not piece:
                return

    def mark(self):
        """Now; for "since" of wait()."""
        with self.changed:
            return len(self.raw)

    def text(self, since=0):
        with self.changed:
            return bytes(self.raw[since:]).decode("utf-8", "surrogateescape")

    def says(self, words, since=0):
        return any(words in line for line in self.text(since).splitlines())

    def wait(self, words, since=0, deadline=waiting.DEADLINE):
        """The first line with these words in it."""
        def found():
            return next((line for line in self.text(since).splitlines() if words in line), None)

        return waiting.until(f"the log says \"{words}\"", found, deadline, self.sleep)

    def sleep(self, seconds):
        """Until something is said, or so long."""
        with self.changed:
            size, end = len(self.raw), time.monotonic() + seconds
            while len(self.raw) == size and time.monotonic() < end:
                self.changed.wait(end - time.monotonic())

    def close(self):
        """Every process that writes to it is gone by now."""
        os.close(self.write_fd)
        self.reader.join(10)
        os.close(self.read_fd)
