"""Faults in right Triton kernels: each is found, and the published results are those of the current kernels."""

from __future__ import annotations

import ast

import pytest

from tests.power.mutants import page
from tests.power.mutants.hosts import HOSTS, standalone
from tests.power.mutants.mutants import CARRIERS, Mutant, catalogue, digest, judge, mutants, row
from tests.power.mutants.mutations import MUTATIONS
from tests.power.mutants.survivors import SURVIVORS

NAMES = {carrier.stem: carrier for carrier in CARRIERS}

SAMPLE = (
    ("relu", "persistent_without_loop"),
    ("relu", "reads_out_of_bounds"),
    ("softmax", "first_block_only"),
    ("float_atomics__smooth_l1_loss", "unprotected_accumulation"),
    ("relu", "torch_where_strided"),
)
"""Kernels and faults that are judged in every run."""


@pytest.fixture(scope="module")
def rows() -> dict[str, page.Row]:
    return page.read()


def test_the_results_are_those_of_the_kernels_as_they_are(rows: dict[str, page.Row]) -> None:
    judged = {name: found.digest for name, found in rows.items()}
    assert judged == {name: digest(carrier) for name, carrier in NAMES.items()}, (
        "run: python -m tests.power.mutants.mutants"
    )


@pytest.mark.parametrize("name", NAMES)
def test_every_fault_is_in_the_results_and_found(name: str, rows: dict[str, page.Row]) -> None:
    faults = [mutant.fault for mutant in mutants(NAMES[name])]
    assert sorted([*rows[name].found, *rows[name].survived]) == sorted(faults)
    assert {*rows[name].survived} == SURVIVORS.get(name, {}).keys()


def test_the_page_is_that_of_the_results(rows: dict[str, page.Row]) -> None:
    assert page.PAGE.read_text() == page.render(rows)


@pytest.mark.parametrize(("name", "fault"), SAMPLE)
def test_faults_are_found(name: str, fault: str) -> None:
    assert judge(Mutant(NAMES[name], fault)) is not None


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_all_faults_are_found(name: str) -> None:
    assert {*row(NAMES[name]).survived} == SURVIVORS.get(name, {}).keys()


@pytest.mark.parametrize("fault", [*MUTATIONS, *HOSTS])
def test_a_fault_changes_a_kernel_and_leaves_it_python(fault: str) -> None:
    codes = [code for carrier in CARRIERS if (code := Mutant(carrier, fault).code()) is not None]
    assert codes
    for code in codes:
        ast.parse(code)


def test_a_reference_that_needs_its_module_is_not_appended() -> None:
    assert standalone(catalogue().load("relu")) is not None
    assert standalone(catalogue().load("batch_norm")) is None
