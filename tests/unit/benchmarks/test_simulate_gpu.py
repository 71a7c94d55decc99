"""The simulation of a GPU: the judge's own code times every workload, and the lock does what it is for."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[3] / "benchmarks"


@pytest.fixture
def beside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the scripts of `benchmarks/` be imported."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    for name in ("simulate_gpu", "simulated_gpu", "virtual_time"):
        monkeypatch.delitem(sys.modules, name, raising=False)


@pytest.mark.usefixtures("beside")
def test_two_kernels_are_judged_and_timed(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    import simulate_gpu  # type: ignore[import-not-found]

    monkeypatch.setattr(sys, "argv", ["simulate_gpu.py", "--kernels", "2", "--workers", "2"])
    simulate_gpu.main()
    printed = capsys.readouterr().out
    for part in ("start", "load", "compile", "inputs", "reference", "calls", "timing", "comparison", "idle"):
        assert f"| {part}" in printed
    (total,) = (line for line in printed.splitlines() if "seconds in all" in line)
    whole, alone = (float(cell) for cell in total.strip("| ").split(" | ")[1:])
    assert 10 < alone < whole


@pytest.mark.usefixtures("beside")
def test_the_simulated_lock_has_the_rules_of_the_real_one() -> None:
    from virtual_time import Turnstile, World  # type: ignore[import-not-found]

    world = World()
    lock, held = Turnstile(world), list[tuple[str, float, float]]()

    def use(name: str, asks: float, alone: bool) -> None:
        world.until(asks)
        with lock.hold(alone=alone):
            begin = world.now
            world.spend("work", 10.0)
            held.append((name, begin, world.now))

    for name, asks, alone in (
        ("a", 0.0, False),
        ("b", 1.0, False),
        ("c", 2.0, True),
        ("d", 3.0, False),
        ("e", 4.0, False),
    ):
        world.start(lambda name=name, asks=asks, alone=alone: use(name, asks, alone), None)
    world.run()
    assert held == [("a", 0, 10), ("b", 1, 11), ("c", 11, 21), ("d", 21, 31), ("e", 21, 31)]
    assert world.spent["waiting for the lock"] == (11 - 2) + (21 - 3) + (21 - 4)
