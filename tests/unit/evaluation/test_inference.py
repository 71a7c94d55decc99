"""What may vary in the arguments of a reference, found out from examples."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pytest_kernelbench.authoring.patterns import cases, fixed_cases
from pytest_kernelbench.evaluation.examples import case_of
from pytest_kernelbench.evaluation.inference import infer
from pytest_kernelbench.model.case import Case, Tensor
from pytest_kernelbench.model.errors import TaskError
from pytest_kernelbench.model.task import DrawRequest


def heads(x: Any, num_heads: int) -> Any:
    rows, length, width = x.shape
    return x.view(rows, length, num_heads, width // num_heads).transpose(1, 2).softmax(-1)


def normalised(x: Any, shape: Any, weight: Any) -> Any:
    import torch

    return torch.nn.functional.layer_norm(x, shape, weight)


@pytest.mark.parametrize(
    ("reference", "example", "told"),
    [
        (lambda a, b: a @ b, Case(a=Tensor((32, 48)), b=Tensor((48, 16))), "a[a, b], b[b, c]: a from 1, b from 1, c "),
        (heads, Case(x=Tensor((2, 10, 64)), num_heads=4), "x[a, b, c], num_heads=4: * c in multiples of 4 varies"),
        (normalised, Case(x=Tensor((4, 64)), shape=(64,), weight=Tensor((64,))), "x[a, b], shape=(b), weight[b]: "),
        (lambda x, k: x.topk(k).values, Case(x=Tensor((4, 30)), k=5), "x[a, b], k=5: a from 1, b from 5 varies"),
        (
            lambda ids, table: table[ids],
            Case(ids=Tensor((3, 5), "int64", "integers(0, 90)"), table=Tensor((100, 32))),
            "ids[a, b] below c, table[c, d]: ",
        ),
        (
            lambda x, w: (x @ w.t()).view(x.shape[0], 3, x.shape[1]),
            Case(x=Tensor((4, 16)), w=Tensor((48, 16))),
            "x[a, b], w[3*b, b]: a from 1, b from 1 varies",
        ),
        (lambda x, y: x.add_(y), Case(x=Tensor((4, 30)), y=Tensor((4, 30))), "; writes x"),
    ],
)
def test_what_varies(reference: Callable[..., Any], example: Case, told: str) -> None:
    found = infer(reference, [example]).told()
    for part in told.split(" * "):
        assert part in found


def test_examples_that_differ_are_patterns_and_equal_ones_are_not() -> None:
    flat, deep = Case(x=Tensor((4, 6)), w=Tensor((6,))), Case(x=Tensor((2, 4, 6)), w=Tensor((6,)))
    found = infer(lambda x, w: x * w, [flat, deep, Case(x=Tensor((8, 9)), w=Tensor((9,)))])
    assert [len(next(pattern.tensors()).dims) for pattern in found.patterns] == [2, 3]


def test_drawn_and_fixed_cases_obey_the_reference() -> None:
    from hypothesis import given, settings
    from hypothesis import strategies as st

    found = infer(heads, [Case(x=Tensor((2, 10, 64)), num_heads=4)])
    strategy = cases(found.sizes, *found.patterns)

    @settings(max_examples=60, database=None, deadline=None)
    @given(st.data(), st.sampled_from(("basic", "sizes")))
    def legal(data: st.DataObject, facet: str) -> None:
        case = strategy(data.draw, DrawRequest(facet=facet, limit=4100))
        assert case.x.shape[2] % case.num_heads == 0
        assert case.x.numel <= 4100

    legal()
    assert all(case.x.shape[2] % 4 == 0 for case in fixed_cases(found.sizes, *found.patterns))
    assert len(fixed_cases(found.sizes, *found.patterns)) > 4


def test_tensors_become_recipes() -> None:
    import torch

    def reference(x: Any, ids: Any, p: float = 0.5) -> Any:
        return x

    case = case_of(reference, lambda: (torch.rand(4, 8), torch.tensor([0, 5])))
    assert case == Case(x=case.x, ids=Tensor((2,), "int64", "integers(0, 6)"))
    assert case.x.fill.startswith("uniform(")
    with pytest.raises(TaskError, match="missing a required argument: 'x'"):
        case_of(reference, {"y": 1})


def test_a_reference_that_fails_on_its_example_is_said() -> None:
    with pytest.raises(TaskError, match="the reference fails on the example"):
        infer(lambda a, b: a @ b, [Case(a=Tensor((2, 3)), b=Tensor((4, 5)))])


def grouped(x: Any, weight: Any) -> Any:
    import torch

    return torch.nn.functional.group_norm(x, 3, weight)  # refuses one value a group, though each size may be one


def test_sizes_that_may_not_all_be_smallest_together_are_larger() -> None:
    example = Case(x=Tensor((4, 3, 30)), weight=Tensor((3,)))
    found = infer(grouped, [example])
    assert "a from 1, b from 2 varies" in found.told()
    for case in fixed_cases(found.sizes, *found.patterns, small=found.small):
        rows, _, length = case.arguments["x"].shape
        assert rows * length > 1
