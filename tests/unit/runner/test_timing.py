"""The runner's side of timing: input sets, batches, new contents, and what the last call returned."""

from __future__ import annotations

import contextlib
import dataclasses
import time
from collections.abc import Iterator
from typing import Any

import pytest
import torch

from pytest_kernelbench import Case, Tensor
from pytest_kernelbench.host.client import Runner
from pytest_kernelbench.host.process import RunnerDied
from pytest_kernelbench.host.settings import RunnerSettings
from pytest_kernelbench.judge.correctness.facets import reseeded
from pytest_kernelbench.model.case import map_tensors
from pytest_kernelbench.model.case_codec import encode
from pytest_kernelbench.runner import timing
from pytest_kernelbench.runner.timing import HostTimer, Workbench
from pytest_kernelbench.wire.materialize import materialize

CASES = [reseeded(Case(x=Tensor((64, 5))), seed) for seed in range(3)]
PARAMETERS = [("x", "POSITIONAL_OR_KEYWORD")]

FAULTS = """
import resource, torch
number, kept, found = 0, [], []
def work(x):
    global number
    number += 1
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    first = torch.ones(10 << 20)
    kept.append(torch.ones(97 * number))
    kept.append(torch.ones(9 << 20) + first[: 9 << 20])
    del kept[:-3]
    found.append(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
    return torch.tensor(found)
"""
"""Returns the page faults of all calls so far; each makes blocks of 40 and 36 MiB, with small ones between them."""


@pytest.fixture
def runner() -> Iterator[Runner]:
    started = Runner(RunnerSettings(device="cpu", cpu=None))
    yield started
    started.close()


def prepare(runner: Runner, code: str, *, written: bool = False) -> None:
    assert runner.load(code, "work.py", ["work"]).status == "ok"
    answer, seconds = runner.prepare(CASES, PARAMETERS, convention="call", written=written, threads=1, timeout=60)
    assert answer.status == "ok", answer
    assert seconds > 0


def last(runner: Runner, case: Case) -> torch.Tensor:
    tensor = runner.last(case, max_bytes=1 << 20, timeout=60).outputs[0].tensor
    assert tensor is not None
    return tensor


def test_batches_take_the_input_sets_in_turn(runner: Runner) -> None:
    prepare(runner, "def work(x):\n    return x * 2\n")
    for first, count in ((0, 1), (1, 1), (1, 4), (7, 3)):
        device, host, leaked, *untimed = runner.batch(first, count, edit=0, threads=1, gated=True, timeout=60)
        assert device > 0
        assert host > 0
        assert not leaked
        assert [0 <= seconds < host + 0.1 for seconds in untimed] == [True, True]
        case = CASES[(first + count - 1) % 3]
        assert torch.equal(last(runner, case), 2 * materialize(case).values["x"])


def test_every_call_of_a_batch_finds_contents_of_its_own(runner: Runner) -> None:
    prepare(runner, "seen = []\ndef work(x):\n    seen.append(x.clone())\n    return __import__('torch').stack(seen)\n")
    runner.batch(1, 7, edit=100, threads=1, gated=True, timeout=60)
    seen = last(runner, replaced(CASES[7 % 3], 106))
    plain = [materialize(case).values["x"] for case in CASES]
    assert len(seen) == 2 + 7
    assert torch.equal(seen[:2], torch.stack(plain[:2]))
    for call, contents in enumerate(seen[2:]):
        case = CASES[(1 + call) % 3]
        assert torch.equal(contents, materialize(replaced(case, 100 + call)).values["x"])
        assert int((contents != plain[(1 + call) % 3]).sum()) == 1
    runner.batch(0, 3, edit=0, threads=1, gated=True, timeout=60)
    assert torch.equal(last(runner, CASES[2])[-3:], torch.stack(plain))


def test_an_edit_after_new_contents_is_one_of_those(runner: Runner) -> None:
    prepare(runner, "def work(x):\n    return x.clone()\n")
    runner.batch(0, 3, edit=10, threads=1, gated=True, timeout=60)
    fresh = reseeded(CASES[0], 99)
    runner.rewrite(1, fresh, timeout=60)
    runner.batch(1, 1, edit=0, threads=1, gated=True, timeout=60)
    assert torch.equal(last(runner, fresh), materialize(fresh).values["x"])


def replaced(case: Case, number: int) -> Case:
    """Return a case with an edit of each tensor."""
    return map_tensors(case, lambda path, recipe: dataclasses.replace(recipe, edited=number))


def test_new_contents_lie_where_the_old_ones_did(runner: Runner) -> None:
    prepare(runner, "seen = []\ndef work(x):\n    seen.append(x.data_ptr())\n    return x + len(set(seen))\n")
    fresh = reseeded(CASES[0], 99)
    runner.rewrite(1, fresh, timeout=60)
    runner.batch(1, 1, edit=0, threads=1, gated=True, timeout=60)
    assert torch.equal(last(runner, fresh), materialize(fresh).values["x"] + 2)


def test_what_calls_write_is_restored_before_each_batch(runner: Runner) -> None:
    prepare(runner, "def work(x):\n    return x.add_(1)\n", written=True)
    for _ in range(2):
        runner.batch(0, 1, edit=0, threads=1, gated=True, timeout=60)
        assert torch.equal(last(runner, CASES[0]), materialize(CASES[0]).values["x"] + 1)


LATE = """
import threading, time

def work(x):
    result = x * 2
    def spoil():
        time.sleep(0.2)
        result.zero_()
        x.zero_()
    threading.Thread(target=spoil).start()
    return result
"""


@pytest.mark.parametrize("to_host", [(True,), (False,), (False, True), (True, True)])
def test_what_is_held_does_not_change_any_more(runner: Runner, to_host: tuple[bool, ...]) -> None:
    prepare(runner, LATE)
    time.sleep(0.4)
    for _ in range(2):
        runner.rewrite(1, CASES[1], timeout=60)
        runner.batch(1, 1, edit=0, threads=1, gated=True, timeout=60)
        for each in to_host:
            runner.hold(max_bytes=1 << 20, to_host=each, timeout=60)
        time.sleep(0.4)
        answer = runner.last(CASES[1], max_bytes=1 << 20, timeout=60)
        original = materialize(CASES[1])
        assert answer.outputs[0].tensor is not None
        assert torch.equal(answer.outputs[0].tensor, 2 * original.values["x"])
        assert answer.memory == (original.tensors[0].snapshot(),)
    assert not last(runner, CASES[1]).any(), "what is not held is as it is now"


class TestOnAFullGpu:
    """Memory that other processes use is not the kernel's fault."""

    @pytest.fixture(autouse=True)
    def _full(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def full(*_: Any) -> Any:
            raise torch.OutOfMemoryError("CUDA out of memory")

        self.fill = lambda name: monkeypatch.setattr(timing, name, full)
        monkeypatch.setattr(timing, "_keep_memory", lambda: None)
        self.bench = Workbench(HostTimer())

    def respond(self, **request: Any) -> dict[str, Any]:
        asked = {"cases": [encode(case) for case in CASES], "parameters": PARAMETERS, "convention": "call"}
        asked |= {"written": False, "threads": torch.get_num_threads()}
        return self.bench.respond({**asked, **request}, lambda x: 2 * x)[0]

    def test_without_room_for_the_inputs(self) -> None:
        self.fill("materialize")
        found = self.respond(op="prepare")
        assert found["status"] == "error"
        assert found["message"] == "no memory of the GPU is left for the inputs: CUDA out of memory"

    def test_without_room_for_a_copy_the_result_is_held_on_the_host(self) -> None:
        assert self.respond(op="prepare")["status"] == "ok"
        self.fill("copied")
        assert self.respond(op="hold", max_bytes=1 << 20, to_host=False) == {"status": "ok"}
        self.bench.sets[1].tensors[0].memory.fill_(0)
        _, parts = self.bench.last(1 << 20)
        assert parts[1] == materialize(CASES[1]).tensors[0].snapshot()


def test_no_two_processes_have_their_inputs_at_the_same_distances() -> None:
    found = []
    for _ in range(3):
        with contextlib.closing(Runner(RunnerSettings(device="cpu", cpu=None))) as runner:
            prepare(
                runner,
                "at = []\ndef work(x):\n    at.append(x.data_ptr())\n    return __import__('torch').tensor(at)\n",
            )
            runner.batch(0, 3, edit=0, threads=1, gated=True, timeout=60)
            first, second, third = last(runner, CASES[2])[-3:].tolist()
            found.append((second - first, third - first))
    assert len({*found}) == 3, found


def test_large_results_get_memory_that_was_used_before(runner: Runner) -> None:
    prepare(runner, FAULTS)
    runner.batch(0, 24, edit=0, threads=1, gated=True, timeout=60)
    faults = last(runner, CASES[2]).tolist()
    assert faults[0] > 10_000, "the memory of the first call is new"
    assert max(faults[12:]) < 1_000, faults


def test_a_kernel_that_fails_in_a_batch_ends_the_timing(runner: Runner) -> None:
    prepare(runner, "rest = [1, 2]\ndef work(x):\n    rest.pop()\n    return x\n")
    with pytest.raises(RunnerDied, match="pop from empty list") as death:
        runner.batch(0, 1, edit=0, threads=1, gated=True, timeout=60)
    assert death.value.status == "runtime_error"


@pytest.mark.parametrize("claim", ["float('nan')", "-1.0", "'fast'", "float('inf')"])
def test_reported_times_that_are_impossible_are_rejected(runner: Runner, claim: str) -> None:
    code = f"""
from pytest_kernelbench.runner import timing
batch = timing.HostTimer.batch
def lie(self, call, first, count, *, gated):
    batch(self, call, first, count, gated=gated)
    return timing.Batch({claim} if first else 1.0, 1.0)
def work(x):
    timing.HostTimer.batch = lie
    return x
"""
    with pytest.raises(RunnerDied, match="inconsistent response from the runner") as death:
        prepare(runner, code)
    assert death.value.status == "crash"


def test_processor_time_is_seen_from_outside(runner: Runner) -> None:
    prepare(runner, "def work(x):\n    for _ in range(200_000): pass\n    return x\n")
    before = runner.cpu_seconds()
    device, *_ = runner.batch(0, 20, edit=0, threads=1, gated=True, timeout=60)
    assert device <= runner.cpu_seconds() - before


def test_the_timer_of_the_processor_tells_work_from_waiting() -> None:
    took = HostTimer().batch(lambda index: time.sleep(0.02), 0, 2, gated=True)
    assert took.host_seconds >= 0.04
    assert took.seconds < took.host_seconds / 2
