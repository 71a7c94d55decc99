"""Facets: what the fixed cases of each are, and what it asks of drawn ones."""

from __future__ import annotations

import pytest

from pytest_kernelbench import Case, Contract, Task, Tensor
from pytest_kernelbench.judge.correctness import facets
from pytest_kernelbench.model.case import leaves
from pytest_kernelbench.model.catalogue import Catalogue
from pytest_kernelbench.model.task import FACETS
from tests.support.judging import task_of

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
            cases = facets.fixed_cases(task, facet)
            assert cases
            assert len(set(cases)) == len(cases)


def test_basic_is_the_plainest_case_alone() -> None:
    for task in tasks():
        first, *others = facets.fixed_cases(task, "basic")
        assert first == facets.settle(task, task.fixed_cases[0])
        for case in others:
            assert [recipe.shape for _, recipe in leaves(case)] == [recipe.shape for _, recipe in leaves(first)]


def test_sizes_is_the_fixed_cases_but_for_what_is_about_dtypes() -> None:
    moved = 0
    for task in tasks():
        sizes, dtypes = (facets.fixed_cases(task, facet) for facet in ("sizes", "dtypes"))
        fixed_cases = list(dict.fromkeys(facets.settle(task, case) for case in task.fixed_cases))
        assert [case for case in fixed_cases if case in sizes] == sizes
        assert {*fixed_cases} <= {*sizes, *dtypes}
        moved += len(fixed_cases) - len(sizes)
    assert moved > 20


def test_dtypes_covers_every_other_dtype_and_keeps_integers() -> None:
    found = {
        recipe.dtype for case in facets.fixed_cases(TASK, "dtypes") for path, recipe in leaves(case) if path == "x"
    }
    assert found == set(TASK.dtypes[1:])
    assert {case.index.dtype for case in facets.fixed_cases(TASK, "dtypes")} == {"int64"}
    single = task_of(reference, PLAIN, dtypes=("float32",))
    assert {case.x.dtype for case in facets.fixed_cases(single, "dtypes")} == {"float32"}


def test_layouts_covers_every_layout_on_all_tensors_and_transposed_on_each() -> None:
    cases = facets.fixed_cases(TASK, "layouts")
    for layout in TASK.contract.layouts[1:]:
        assert any({recipe.layout for _, recipe in leaves(case)} == {layout} for case in cases)
    for alone in ("x", "y", "index"):
        assert any([path for path, r in leaves(case) if r.layout == "transposed"] == [alone] for case in cases)
    narrow = task_of(reference, PLAIN, contract=Contract(layouts=("contiguous", "offset")))
    assert {r.layout for case in facets.fixed_cases(narrow, "layouts") for _, r in leaves(case)} == {"offset"}


def far_reference(x, y, z, w):
    return x


def test_layouts_has_a_tensor_whose_rows_are_far_apart_where_any_strides_are_allowed() -> None:
    several = Case(x=Tensor((4, 5)), y=Tensor((4, 6)), z=Tensor((4, 5)), w=Tensor((7,)))

    def layouts(task: Task) -> list[list[str]]:
        found = filter(facets.is_far, facets.fixed_cases(task, "layouts"))
        return [[recipe.layout for _, recipe in leaves(case)] for case in found]

    rest = ["contiguous"] * 2
    assert layouts(task_of(far_reference, several)) == [
        ["contiguous", "far", *rest], ["contiguous", "far_last", *rest],
    ]  # fmt: skip
    assert layouts(task_of(far_reference, several, table="x"))[0] == ["far", "contiguous", *rest]
    assert layouts(task_of(far_reference, several, contract=Contract(layouts=("contiguous", "transposed")))) == []


def test_values_replaces_ordinary_fills_alone() -> None:
    cases = facets.fixed_cases(TASK, "values")
    assert {case.x.fill for case in cases} == set(TASK.contract.fills)
    assert {case.y.fill for case in cases} == {"uniform(0, 1)"}
    assert {case.index.fill for case in cases} == {"integers(0, 4)"}
    quiet = task_of(reference, PLAIN, contract=Contract(nan=False, inf=False))
    assert not {"nan", "inf"} & {case.x.fill for case in facets.fixed_cases(quiet, "values")}


def test_integers_get_fills_that_mean_something() -> None:
    assert set(facets.fills_for(TASK, "int32")) <= {
        "normal(0, 30)", "constant(1)", "integers(0, 2)", "integers(-3, 4)"
    }  # fmt: skip
    assert facets.fills_for(TASK, "bfloat16") == TASK.contract.fills


def test_what_is_written_is_never_expanded() -> None:
    task = task_of(reference, PLAIN, mutates=("x",), scratch=("y",))
    for facet in FACETS:
        for case in facets.fixed_cases(task, facet):
            assert "expanded" not in (case.x.layout, case.y.layout)
    assert any(case.index.layout == "expanded" for case in facets.fixed_cases(task, "layouts"))
    for task in tasks():
        written = task.written(task.fixed_cases[0])
        for facet in FACETS:
            for case in facets.fixed_cases(task, facet):
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
    asked = facets.draw_requests(TASK, facet, ["float32"])
    assert set(asked) == (set(TASK.dtypes[1:]) if facet == "dtypes" else {"float32"})
    for dtype, request in asked.items():
        assert (request.facet, request.dtype, request.contract) == (facet, dtype, TASK.contract)
        assert (len(request.layouts) > 1) == (facet in ("layouts", "contract"))
        assert (len(request.fills) > 1) == (facet == "values")
        assert request.limit == (facets.SIZES_LIMIT if facet == "sizes" else facets.LIMIT)


def test_other_contents_of_the_same_distributions() -> None:
    changed = facets.reseeded(PLAIN, 101)
    assert (changed.x.seed, changed.x.fill, changed.index.seed) == (101, "normal", 101)
