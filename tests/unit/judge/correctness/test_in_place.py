"""`out=` that is an input: which inputs can hold the result, and what the facet `contract` asks of them."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_kernelbench import Case, Tensor
from pytest_kernelbench.judge.comparison.evidence import collect_evidence
from pytest_kernelbench.judge.correctness import checks
from pytest_kernelbench.judge.correctness.in_place import writable_inputs
from pytest_kernelbench.judge.correctness.trial import Finding
from tests.support.judging import ScriptedTrial, task_of


def difference(x, y, out=None):
    return 2 * x - y


CASE = Case(x=Tensor((4, 5)), y=Tensor((4, 5), seed=1))
TASK = task_of(difference, CASE, elementwise=True)


@pytest.mark.parametrize(
    ("y", "inputs"),
    [
        (Tensor((4, 5), layout="transposed"), ["x", "y"]),
        (Tensor((4, 5), layout="expanded"), ["x"]),
        (Tensor((5,)), ["x"]),
        (Tensor((2, 4, 5)), ["y"]),
        (Tensor((4, 5), "float16"), ["x"]),
        (Tensor((4, 5), "float64"), ["y"]),
        (2.5, ["x"]),
    ],
)
def test_an_input_of_the_shape_and_dtype_of_the_result_can_hold_it(y: Any, inputs: list[str]) -> None:
    assert writable_inputs(collect_evidence(TASK, Case(x=Tensor((4, 5)), y=y))) == inputs


def test_nothing_is_asked_of_other_tasks_and_of_empty_results() -> None:
    assert writable_inputs(collect_evidence(task_of(difference, CASE), CASE)) == []
    assert writable_inputs(collect_evidence(TASK, Case(x=Tensor((0,)), y=Tensor((0,))))) == []


def into(conditions: Any, x: Any, y: Any, out: Any = None) -> Any:
    return difference(x, y) if out is None else out.copy_(difference(x, y))


def test_a_kernel_that_reads_before_it_writes_passes() -> None:
    trial = ScriptedTrial(TASK, into)
    checks.contract(trial, CASE)
    assert trial.violation is None
    assert [conditions.out_is for conditions in trial.conditions if conditions.out_is] == ["x", "y"]


def test_out_as_a_workspace_is_found() -> None:
    def work(conditions: Any, x: Any, y: Any, out: Any = None) -> Any:
        if out is None:
            return difference(x, y)
        out.copy_(2 * x)
        return out.sub_(y)

    with pytest.raises(Finding, match=r"^with `y` as `out=`, too:\nresult") as caught:
        checks.contract(ScriptedTrial(TASK, work), CASE)
    assert (caught.value.status, caught.value.case) == ("wrong_values", CASE)


def test_another_tensor_than_the_input_is_found() -> None:
    def fresh(conditions: Any, x: Any, y: Any, out: Any = None) -> Any:
        return difference(x, y) if out is None or out is x else out.copy_(difference(x, y))

    with pytest.raises(Finding, match=r"^with `x` as `out=`, too: something else was returned$"):
        checks.contract(ScriptedTrial(TASK, fresh), CASE)


def test_the_other_input_may_not_be_written() -> None:
    def careless(conditions: Any, x: Any, y: Any, out: Any = None) -> Any:
        result = into(conditions, x, y, out)
        if conditions.out_is == "x":
            y[0, 0] += 1
        return result

    with pytest.raises(Finding, match=r"y was changed: it is only an input"):
        checks.contract(ScriptedTrial(TASK, careless), CASE)
