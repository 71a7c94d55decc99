"""Compiling instead of running: launches, specialisations, data that launches depend on, and what is raised."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from pytest_kernelbench import Case, Tensor
from pytest_kernelbench.host.client import Runner
from pytest_kernelbench.host.settings import RunnerSettings

KERNELS = """
import torch, triton, triton.language as tl

@triton.jit
def double(x, y, count, BLOCK: tl.constexpr):
    at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    tl.store(y + at, 2 * tl.load(x + at, mask=at < count), mask=at < count)

@triton.jit
def broken(x):
    tl.store(x, no_such_name)

def launch(x, block=128):
    y = torch.empty_like(x)
    double[(triton.cdiv(x.numel(), block),)](x, y, x.numel(), BLOCK=block)
    return y

def plain(x):
    return launch(launch(x))

def depending(x):
    return launch(x) if launch(x)[0, 0].item() > 0 else x

def reading(x):
    launch(x)
    return float(launch(x)[0, 0])

def raising(x):
    launch(x)
    raise ValueError("no")

def failing(x):
    broken[(1,)](x)
"""


@pytest.fixture(scope="module")
def runner() -> Iterator[Runner]:
    """A runner that compiles for an H100; specialisations are compiled once, so tests share it."""
    started = Runner(RunnerSettings(device="compile:sm_90", memory=16 << 30))
    yield started
    started.close()


def compiled(
    runner: Runner, entry: str, shape: tuple[int, ...] = (8, 16)
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return the response, and the messages before it."""
    loaded = runner.load(KERNELS, "work.py", [entry])
    assert loaded.status == "ok", loaded
    seen: list[dict[str, Any]] = []
    parameters = [("x", "POSITIONAL_OR_KEYWORD")]
    header = runner.compile(Case(x=Tensor(shape)), parameters, convention="call", timeout=120, seen=seen.append)
    return header, seen


def test_each_specialisation_is_reported_when_it_starts_and_when_it_is_done(runner: Runner) -> None:
    header, seen = compiled(runner, "plain")
    assert header == {"status": "ok", "launches": 2, "raised": None, "reads": False, "data_dependent": False}
    started, done = seen
    assert (started["name"], started["done"], done["done"]) == ("double", False, True)
    assert "x: *fp32 %16" in started["specialisation"]
    assert "BLOCK=128" in started["specialisation"]
    assert done["registers"] > 0
    assert (done["warps"], done["tuned"]) == (4, False)


def test_launches_that_depend_on_data(runner: Runner) -> None:
    assert compiled(runner, "depending")[0]["data_dependent"]
    header, _ = compiled(runner, "reading")
    assert (header["launches"], header["data_dependent"], header["raised"]) == (2, False, None)


def test_large_arguments_have_no_contents_and_compile_all_the_same(runner: Runner) -> None:
    header, _ = compiled(runner, "plain", (1 << 12, 1 << 12))
    assert (header["launches"], header["raised"]) == (2, None)


def test_what_host_code_raises(runner: Runner) -> None:
    raised = compiled(runner, "raising")[0]["raised"]
    assert (raised["status"], raised["message"]) == ("runtime_error", "ValueError: no")
    assert (raised["compiler"], raised["meta"]) == (False, False)
    assert raised["frames"][-1].endswith('raise ValueError("no")')
    assert compiled(runner, "raising", (1 << 12, 1 << 12))[0]["raised"]["meta"]


def test_an_error_of_the_compiler_is_reported_and_raised_again_without_compiling(runner: Runner) -> None:
    header, seen = compiled(runner, "failing")
    assert header["raised"]["compiler"]
    assert "no_such_name" in seen[-1]["error"]
    assert seen[-1]["reason"] == "language"
    header, seen = compiled(runner, "failing")
    assert header["raised"]["compiler"]
    assert seen == []
