"""Facets: what the fixed cases of each are, and what it asks of drawn ones."""

from __future__ import annotations

import pytest
from judging import task_of

from pytest_kernelbench import Case, Contract, Task, Tensor
from pytest_kernelbench.judge import facets
from pytest_kernelbench.model.case import leaves
from pytest_kernelbench.model.catalogue import Catalogue
from pytest_kernelbench.model.task import FACETS

CATALOGUE = Catalogue.find()


def tasks() -> list[Task]:
    return [CATALOGUE.load(name) for name in CATALOGUE.names()]


def reference(x, y, index, out=None):
    return x


PLAIN = Case(x=Tensor((4, 5)), y=Tensor((4, 5), fill="uniform(0, 1)"), index=Tensor((4,), "int64", "integers(0, 4)"))
TASK = task_of(reference, PLAIN)


def test_every_facet_has_fixed_cases_without_repeats() -> None:
    for task in tasks():
        for facet in FACETS:
            cases = facets.spine(task, facet)
            assert cases
            assert len(set(cases)) == len(cases)


def test_basic_is_the_plainest_case_alone() -> None:
    for task in tasks():
        first, *others = facets.spine(task, "basic")
        assert first == facets.settle(task, task.spine[0])
        for case in others:
            assert [recipe.shape for _, recipe in leaves(case)] == [recipe.shape for _, recipe in leaves(first)]


def test_sizes_is_the_spine_but_for_what_is_about_dtypes() -> None:
    moved = 0
    for task in tasks():
        sizes, dtypes = (facets.spine(task, facet) for facet in ("sizes", "dtypes"))
        spine = list(dict.fromkeys(facets.settle(task, case) for case in task.spine))
        assert [case for case in spine if case in sizes] == sizes
        assert {*spine} <= {*sizes, *dtypes}
        moved += len(spine) - len(sizes)
    assert moved > 20


def test_dtypes_covers_every_other_dtype_and_keeps_integers() -> None:
    found = {recipe.dtype for case in facets.spine(TASK, "dtypes") for path, recipe in leaves(case) if path == "x"}
    assert found == set(TASK.dtypes[1:])
    assert {case.index.dtype for case in facets.spine(TASK, "dtypes")} == {"int64"}
    single = task_of(reference, PLAIN, dtypes=("float32",))
    assert {case.x.dtype for case in facets.spine(single, "dtypes")} == {"float32"}


def test_layouts_covers_every_layout_on_all_tensors_and_transposed_on_each() -> None:
    cases = facets.spine(TASK, "layouts")
    for layout in TASK.contract.layouts[1:]:
        assert any({recipe.layout for _, recipe in leaves(case)} == {layout} for case in cases)
    for alone in ("x", "y", "index"):
        assert any([path for path, r in leaves(case) if r.layout == "transposed"] == [alone] for case in cases)
    narrow = task_of(reference, PLAIN, contract=Contract(layouts=("contiguous", "offset")))
    assert {r.layout for case in facets.spine(narrow, "layouts") for _, r in leaves(case)} == {"offset"}


def test_values_replaces_ordinary_fills_alone() -> None:
    cases = facets.spine(TASK, "values")
    assert {case.x.fill for case in cases} == set(TASK.contract.fills)
    assert {case.y.fill for case in cases} == {"uniform(0, 1)"}
    assert {case.index.fill for case in cases} == {"integers(0, 4)"}
    quiet = task_of(reference, PLAIN, contract=Contract(nan=False, inf=False))
    assert not {"nan", "inf"} & {case.x.fill for case in facets.spine(quiet, "values")}


def test_integers_get_fills_that_mean_something() -> None:
    assert set(facets.fills_for(TASK, "int32")) <= {
        "normal(0, 30)", "constant(1)", "integers(0, 2)", "integers(-3, 4)"
    }  # fmt: skip
    assert facets.fills_for(TASK, "bfloat16") == TASK.contract.fills


def test_what_is_written_is_never_expanded() -> None:
    task = task_of(reference, PLAIN, mutates=("x",), scratch=("y",))
    for facet in FACETS:
        for case in facets.spine(task, facet):
            assert "expanded" not in (case.x.layout, case.y.layout)
    assert any(case.index.layout == "expanded" for case in facets.spine(task, "layouts"))
    for task in tasks():
        written = task.written(task.spine[0])
        for facet in FACETS:
            for case in facets.spine(task, facet):
                for path, recipe in leaves(case):
                    assert path.partition("[")[0] not in written or recipe.layout != "expanded"


def test_the_budget_is_shared() -> None:
    shares = {facet: facets.examples(facet, 48) for facet in FACETS}
    assert sum(shares.values()) == 48
    assert shares["basic"] == 0
    assert all(facets.examples(facet, 0) == 0 for facet in FACETS)
    assert all(facets.examples(facet, 480) == 10 * shares[facet] for facet in FACETS)


@pytest.mark.parametrize("facet", FACETS)
def test_what_a_facet_asks_of_drawn_cases(facet: str) -> None:
    asked = facets.given(TASK, facet, ["float32"])
    assert set(asked) == (set(TASK.dtypes[1:]) if facet == "dtypes" else {"float32"})
    for dtype, given in asked.items():
        assert (given.facet, given.dtype, given.contract) == (facet, dtype, TASK.contract)
        assert (len(given.layouts) > 1) == (facet in ("layouts", "contract"))
        assert (len(given.fills) > 1) == (facet == "values")
        assert given.limit == (facets.SIZES_LIMIT if facet == "sizes" else facets.LIMIT)


def test_other_contents_of_the_same_distributions() -> None:
    changed = facets.reseeded(PLAIN, 101)
    assert (changed.x.seed, changed.x.fill, changed.index.seed) == (101, "normal", 101)
