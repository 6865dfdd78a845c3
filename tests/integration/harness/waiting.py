"""Waiting for something to become so. A deadline is a failure, never a way to synchronise."""

import time

DEADLINE = 120.0  # generous: the machine may be compiling beside it
LOOK_EVERY = 0.05


def until(what, condition, deadline=DEADLINE, signal=None):
    """The condition's first true value. `signal(seconds)` sleeps until something happened, if there is such."""
    end = time.monotonic() + deadline
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() >= end:
            raise AssertionError(f"waited {deadline:.0f} s in vain: {what}")
        if signal:
            signal(LOOK_EVERY * 4)
        else:
            time.sleep(LOOK_EVERY)
