"""`guardian calendar`: systemd's list, and what guardiand adds to it."""

import json

import pytest

from harness import command, config


def calendar(*arguments, zone="Europe/Berlin"):
    return command.run([config.program("guardian"), "calendar", *arguments], env={"TZ": zone, "PATH": "/usr/bin:/bin"})


def test_the_sunday_that_systemd_leaves_out_is_a_slot_of_the_daemons_own():
    said = calendar("*-*-* 02:00", "--from", "2026-03-28 12:00", "--count", "1")
    assert said.code == 0
    assert "2026-03-29 03:00:00 +02:00" in said.out and "guardiand starts it" in said.out
    elapses = json.loads(calendar("*-*-* 02:00", "--from", "2026-03-28 12:00", "--count", "1", "--json").out)["elapses"]
    assert elapses == ["2026-03-30T02:00:00+02:00"]


def test_a_slot_after_the_last_elapse_of_all_is_shown_too():
    said = calendar("2026-03-29 02:30", "--from", "2026-03-28 12:00")
    assert "2026-03-29 03:00:00 +02:00" in said.out and "never" not in said.out
    assert "never elapses" in calendar("2026-03-29 02:30", "--from", "2026-03-29 12:00").out


@pytest.mark.parametrize("expression", ["02:00 Europe//Berlin", "02:00 Europe/", "02:00 ../Berlin"])
def test_a_zone_that_systemd_refuses_is_refused(expression):
    assert calendar(expression).code == 2
