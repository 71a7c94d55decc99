"""Which workloads a processor is asked for, and on how many input sets."""

from __future__ import annotations

import pytest

from pytest_kernelbench import Case, Tensor
from pytest_kernelbench.judge.speed import workload_limits
from pytest_kernelbench.model.catalogue import Catalogue
from pytest_kernelbench.model.task import Task

MIB = 1 << 20


def product(input: object) -> object:
    return input @ input  # type: ignore[operator]


TASK = Task(product, lambda draw, given: Case(input=Tensor((2, 2))), fixed_cases=(Case(input=Tensor((2, 2))),))


def test_bytes_are_limited() -> None:
    task = Catalogue.find(None).load("sigmoid")
    assert workload_limits.too_large(task, Case(input=Tensor((8, MIB)))) is None
    text = "it moves 72 MiB; at most 64 MiB are timed on a processor"
    assert workload_limits.too_large(task, Case(input=Tensor((9, MIB)))) == text


def test_bytes_of_inputs_are_limited() -> None:
    task = Catalogue.find(None).load("index_select")
    few = {"dim": 0, "index": Tensor((4,), "int64", fill="integers(0, 8)")}
    assert workload_limits.too_large(task, Case(input=Tensor((31, MIB)), **few)) is None
    text = "its inputs have 132 MiB; at most 128 MiB are made for a processor"
    assert workload_limits.too_large(task, Case(input=Tensor((33, MIB)), **few)) == text


def test_operations_are_limited() -> None:
    assert workload_limits.too_large(TASK, Case(input=Tensor((512, 512)))) is None
    text = "it takes 17.2 billion operations; at most 2 are timed on a processor"
    assert workload_limits.too_large(TASK, Case(input=Tensor((2048, 2048)))) == text


def test_seconds_are_limited() -> None:
    assert workload_limits.too_slow(0.2) is None
    assert (
        workload_limits.too_slow(3.0) == "one call of eager takes 3.00 s here; at most 0.25 s are timed on a processor"
    )


@pytest.mark.parametrize(
    ("elements", "sets"),
    [(100 * MIB, 2), (2 * MIB, 12), (100, workload_limits.MAX_SETS), (0, workload_limits.MAX_SETS)],
    ids=["larger than the cache", "three times the cache", "tiny", "empty"],
)
def test_input_sets_are_three_times_the_cache(elements: int, sets: int) -> None:
    assert workload_limits.input_sets(Case(input=Tensor((elements,))), 32 * MIB) == sets


def test_the_cache_has_a_size() -> None:
    assert workload_limits.last_level_cache() >= 32 << 10
