"""Generic faults in every reference: each is found, and the published results are those of the current tasks."""

from __future__ import annotations

import pytest

from pytest_kernelbench.judge.comparison.oracle import Oracle
from pytest_kernelbench.model.task import FACETS
from tests.power.matrix import faults, page
from tests.power.matrix.digests import digest
from tests.power.matrix.exemptions import SURVIVORS
from tests.power.matrix.matrix import row
from tests.power.matrix.pairs import CATALOGUE, Pair, exempt, pairs
from tests.power.matrix.verdicts import verdict

SAMPLE = ("addmm", "batch_norm")
"""Tasks whose faults are judged in every run: one of matrices, one with statistics."""

TASKS = sorted(CATALOGUE.names())


@pytest.fixture(scope="module")
def rows() -> dict[str, page.Row]:
    return page.read()


def test_the_results_are_those_of_the_tasks_as_they_are(rows: dict[str, page.Row]) -> None:
    judged = {name: (found.category, found.digest) for name, found in rows.items()}
    present = {name: (file.category, digest(CATALOGUE.load(name))) for name, file in CATALOGUE.names().items()}
    assert judged == present, "run: python -m tests.power.matrix.matrix"


@pytest.mark.parametrize("name", TASKS)
def test_every_fault_is_in_the_results_and_found(name: str, rows: dict[str, page.Row]) -> None:
    assert sorted(rows[name].faults) == sorted(pair.name for pair in pairs(name))
    assert {*rows[name].survived} == SURVIVORS.get(name, {}).keys()
    assert {*rows[name].found.values()} <= {*FACETS}


@pytest.mark.slow
@pytest.mark.parametrize("name", TASKS)
def test_exemptions_are_those_of_the_task(name: str, rows: dict[str, page.Row]) -> None:
    reasons = {pair.name: reason for pair in pairs(name) if (reason := exempt(pair)) is not None}
    assert rows[name].exempt == reasons


def test_the_page_is_that_of_the_results(rows: dict[str, page.Row]) -> None:
    assert page.PAGE.read_text() == page.render(rows, SURVIVORS)


@pytest.mark.parametrize("name", SAMPLE)
def test_faults_are_found(name: str) -> None:
    # Which facet finds a fault may depend on the machine's arithmetic.
    assert {*row(name).survived} == SURVIVORS.get(name, {}).keys()


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted({*TASKS} - {*SAMPLE}))
def test_all_faults_are_found(name: str) -> None:
    assert {*row(name).survived} == SURVIVORS.get(name, {}).keys()


@pytest.mark.parametrize("name", SAMPLE)
def test_a_kernel_without_a_fault_passes(name: str) -> None:
    assert unsound(name, seeds=1, examples=48) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", TASKS)
def test_references_pass_a_long_search(name: str) -> None:
    assert unsound(name, seeds=3, examples=200) == []


def unsound(name: str, seeds: int, examples: int) -> list[str]:
    """Return what is said of a reference as a kernel, in its own dtype and in float64, with several seeds."""
    oracle = Oracle()
    said = []
    # A uniform draw of float64 just below 1 rounds to 1, which is outside of the range.
    drawn = CATALOGUE.load(name).compare == "random"
    for seed in range(seeds):
        for right in ["plain"] if drawn else faults.RIGHT:
            record = verdict(Pair(name, right), oracle, FACETS, examples, seed)
            assert record.examples >= examples
            if record.status != "passed":
                said.append(f"{right}, seed {seed}: {record.status}: {record.failure}")
    return said
