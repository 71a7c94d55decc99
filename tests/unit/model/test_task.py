"""Tasks and contracts: what is checked when a task file is loaded."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_kernelbench import Case, Contract, DrawRequest, Task, TaskError, Tensor
from pytest_kernelbench.model.task import VALUE_FILLS


def reference(input, dim=0, *, out=None):
    return input.sum(dim)


FIXED_CASES = (Case(input=Tensor((3,))),)


def make(**changes: Any) -> Task:
    return Task(
        **{"reference": reference, "cases": lambda draw, given: FIXED_CASES[0], "fixed_cases": FIXED_CASES, **changes}
    )


def test_the_signature_is_that_of_the_reference() -> None:
    assert list(make().parameters) == ["input", "dim", "out"]
    assert make().takes_out
    assert not make(contract=Contract(out=False)).takes_out
    assert not make(reference=lambda input: input).takes_out


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"fixed_cases": ()}, "a task needs at least one fixed case"),
        ({"dtypes": ("float32", "flaot16")}, r"dtype 'flaot16': did you mean float16"),
        (
            {"calling_convention": "optimiser"},
            r"calling_convention 'optimiser': did you mean optimizer\? \(one of 3\)",
        ),
        ({"fixed_cases": (Case(inpt=1),)}, r"fixed_cases\[0\]: \['inpt'\] is not in the signature: input, dim, out"),
        ({"workloads": {"w": Case(axis=1)}}, r"workloads\['w'\]: \['axis'\] is not in the signature"),
        ({"compare": "properties"}, 'compare="properties" and the field properties belong together'),
        (
            {"properties": lambda arguments, outputs: []},
            'compare="properties" and the field properties belong together',
        ),
        (
            {"compare": "dropout", "dropout": (reference,)},
            r'compare="dropout" needs dropout=\(kept, dropped\) and drop_probability=',
        ),
    ],
)
def test_mistakes_of_task_authors(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(TaskError, match=message):
        make(**changes)


def test_an_optimizer_keeps_the_gradients_for_itself() -> None:
    case = Case(input=[Tensor((3,))], gradients=[[Tensor((3,))]])
    assert make(calling_convention="optimizer", fixed_cases=(case,)).fixed_cases == (case,)
    with pytest.raises(TaskError, match="gradients"):
        make(fixed_cases=(case,))


def test_the_contract_says_which_values_are_tried() -> None:
    assert Contract().fills == (*VALUE_FILLS, "nan", "inf", "infinite_start")
    assert Contract(values=("outliers",), nan=False).fills == ("outliers", "inf", "infinite_start")
    with pytest.raises(TaskError, match="layout 'transpose': did you mean transposed"):
        Contract(layouts=("transpose",))


def test_empty_tensors_are_asked_for_by_the_facet_sizes_alone() -> None:
    legal = Contract(empty=True, zero_dim=True)
    assert DrawRequest(facet="sizes", contract=legal).empty
    assert DrawRequest(facet="sizes", contract=legal).zero_dim
    assert not DrawRequest(facet="values", contract=legal).empty
    assert not DrawRequest(facet="layouts", contract=legal).zero_dim
    assert not DrawRequest(facet="sizes").empty


def test_any_store_may_win_where_properties_judge_a_result_that_may_differ() -> None:
    properties = {"compare": "properties", "properties": lambda arguments, outputs: ()}
    assert make(**properties, contract=Contract(deterministic=False)).any_may_win
    assert not make(**properties).any_may_win
    assert not make(contract=Contract(deterministic=False)).any_may_win
