"""Seconds by part."""

from __future__ import annotations

from pytest_kernelbench.judge.speed.stopwatch import Stopwatch


def test_inner_parts_do_not_count_for_outer_ones() -> None:
    now = [0.0]
    watch = Stopwatch(lambda: now[0])
    now[0] = 1.0
    with watch.part("kernel"):
        now[0] = 3.0
        with watch.part("oracle"):
            now[0] = 7.0
        now[0] = 8.0
    with watch.part("oracle"):
        now[0] = 8.5
    now[0] = 10.0
    assert watch.rounded() == {"other": 2.5, "kernel": 3.0, "oracle": 4.5}


def test_a_part_that_fails_ends() -> None:
    now = [0.0]
    watch = Stopwatch(lambda: now[0])
    try:
        with watch.part("kernel"):
            now[0] = 2.0
            raise ValueError("no")
    except ValueError:
        pass
    now[0] = 3.0
    assert watch.rounded() == {"kernel": 2.0, "other": 1.0}
