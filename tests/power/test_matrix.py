"""Generic faults in every reference: each is found, and the published table says so of the tasks as they are."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent / "matrix"))

import faults
import matrix

from pytest_kernelbench.model.task import FACETS

SAMPLE = ("addmm", "batch_norm", "fused_hstack_div", "std")
"""Tasks whose faults are judged in every run: between them, most faults apply."""

TASKS = sorted(matrix.CATALOGUE.names())


@pytest.fixture(scope="module")
def table() -> dict[str, tuple[str, dict[str, str]]]:
    return matrix.read()


def test_the_table_has_every_task_as_it_is(table: dict[str, tuple[str, dict[str, str]]]) -> None:
    digests = {name: file.sha256[:12] for name, file in matrix.CATALOGUE.names().items()}
    written = {name: digest for name, (digest, _) in table.items()}
    assert written == digests, "run: python tests/power/matrix/matrix.py"


@pytest.mark.parametrize("name", TASKS)
def test_every_fault_is_in_the_table_and_found(name: str, table: dict[str, tuple[str, dict[str, str]]]) -> None:
    _, cells = table[name]
    assert list(cells) == [pair.name for pair in matrix.pairs(name)]
    assert survivors(cells) == matrix.SURVIVORS.get(name, {}).keys()


def test_the_summary_is_that_of_the_rows(table: dict[str, tuple[str, dict[str, str]]]) -> None:
    assert matrix.summary(table) in matrix.TABLE.read_text()


@pytest.mark.parametrize("name", SAMPLE)
def test_faults_are_found(name: str) -> None:
    assert survivors(matrix.row(name)) == matrix.SURVIVORS.get(name, {}).keys()


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted({*TASKS} - {*SAMPLE}))
def test_all_faults_are_found(name: str) -> None:
    assert survivors(matrix.row(name)) == matrix.SURVIVORS.get(name, {}).keys()


def survivors(cells: dict[str, str]) -> set[str]:
    """Return the faults that no facet finds; which one does may hang on the machine's arithmetic."""
    return {fault for fault, cell in cells.items() if cell == matrix.SURVIVED}


@pytest.mark.parametrize("name", SAMPLE)
def test_a_kernel_without_a_fault_passes(name: str) -> None:
    assert unsound(name, seeds=1, examples=48) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", TASKS)
def test_references_pass_a_long_search(name: str) -> None:
    assert unsound(name, seeds=3, examples=200) == []


def unsound(name: str, seeds: int, examples: int) -> list[str]:
    """Return what is said of a reference as a kernel, in its own dtype and in float64, with several seeds."""
    oracle = matrix.Oracle()
    said = []
    # A uniform draw of float64 just below 1 rounds to 1, which is outside of the range.
    drawn = matrix.CATALOGUE.load(name).compare == "random"
    for seed in range(seeds):
        for right in ["plain"] if drawn else faults.RIGHT:
            record = matrix.verdict(matrix.Pair(name, right), oracle, FACETS, examples, seed)
            assert record.examples >= examples
            if record.status != "passed":
                said.append(f"{right}, seed {seed}: {record.status}: {record.failure}")
    return said
