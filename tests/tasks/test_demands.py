"""The page of tasks lists what the cases demand: every dtype, edge and option of a case, and nothing that none has."""

from __future__ import annotations

import pytest
import torch

from pytest_kernelbench import Case, Task, Tensor
from pytest_kernelbench.judge.comparison.evidence import collect_evidence, run_reference
from pytest_kernelbench.judge.correctness.facets import reseeded
from pytest_kernelbench.judge.correctness.in_place import writable_inputs
from pytest_kernelbench.model.case import leaves
from pytest_kernelbench.model.catalogue import Catalogue
from pytest_kernelbench.model.demands import demands_of, is_listed, listed, texts
from pytest_kernelbench.wire.materialize import materialize
from tests.support.soundness import fixed_cases

CATALOGUE = Catalogue.find()
TASKS = sorted(CATALOGUE.names())

MAX_ELEMENTS = 2000
"""Elements of the largest case on which references are tried: drawn cases are in `test_contract.py`."""

NOT_ELEMENTWISE = {
    "addmm": "a product reads its other arguments at other places",
    "attention": "where a single key is left, the result is its value",
    "combined_activation": "a product reads its other arguments at other places",
    "fused_add_mul_groupnorm": "in a group of one value, it is not normalised",
    "fused_bmm_rmsnorm_gelu_dropout_sub": "a product reads its other arguments at other places",
    "fused_conv2d_add": "a convolution reads its other arguments at other places",
    "fused_embedding_add_tanh": "a table is read at other places",
    "fused_hstack_div": "a list of tensors becomes one",
    "fused_masked_select_add_gelu": "what is selected moves",
    "fused_mv_sigmoid_sub": "a product reads its other arguments at other places",
    "fused_tile_exp": "tiles move, except for one tile",
}
"""Tasks in which an input of the result's shape may be read elementwise, but other arguments are not."""


@pytest.mark.parametrize("name", TASKS)
def test_every_demand_of_a_fixed_case_is_listed(name: str) -> None:
    task = CATALOGUE.load(name)
    known = listed(task)
    assert not {
        demand for case in fixed_cases(task) for demand in demands_of(case) if not is_listed(task, demand, known)
    }


@pytest.mark.parametrize("name", TASKS)
def test_every_listed_demand_is_made_by_a_fixed_case(name: str) -> None:
    task = CATALOGUE.load(name)
    made = {demand for case in fixed_cases(task) for demand in demands_of(case)}
    names = {demand for demand, _ in made}
    assert not {demand for demand in listed(task) if demand not in made and (demand[1] or demand[0] not in names)}
    assert {*task.dtypes} <= names


@pytest.mark.filterwarnings("ignore:std:UserWarning")
@pytest.mark.parametrize("name", [name for name in TASKS if CATALOGUE.load(name).takes_out])
def test_out_in_place_is_demanded_where_pytorch_defines_it(name: str) -> None:
    """Elementwise tasks are those in which a result does not change where none of the inputs of its shape does."""
    task = CATALOGUE.load(name)
    small = [case for case in task.fixed_cases if sum(recipe.numel for _, recipe in leaves(case)) <= MAX_ELEMENTS]
    found = [_depends_on_its_place_alone(task, case) for case in small]
    if task.elementwise:
        assert True in found
        assert False not in found
    else:
        assert False in found or True not in found or name in NOT_ELEMENTWISE


def _depends_on_its_place_alone(task: Task, case: Case) -> bool | None:
    """Change half of the elements of all inputs that can hold the result; None if there are no such inputs."""
    names = [name for name, value in case.arguments.items() if isinstance(value, Tensor)]
    arguments, others = materialize(case).values, materialize(reseeded(case, 77)).values
    before = run_reference(task, arguments, _copied)
    if list(before) != ["result"]:
        return None
    result = before["result"]
    same = [name for name in names if (arguments[name].shape, arguments[name].dtype) == (result.shape, result.dtype)]
    if not same or result.numel() < 2:
        return None
    chosen = torch.rand(result.shape, generator=torch.Generator().manual_seed(1)) < 0.5
    mixed = {name: torch.where(chosen, others[name], arguments[name]) for name in same}
    after = run_reference(task, {**arguments, **mixed}, _copied)["result"]
    return torch.equal(torch.nan_to_num(result[~chosen]), torch.nan_to_num(after[~chosen]))


def _copied(value):
    return value.clone() if isinstance(value, torch.Tensor) else value


def test_writable_inputs_have_the_shape_and_dtype_of_the_result() -> None:
    task = CATALOGUE.load("fused_mul_sub")
    case = Case(input=Tensor((4, 5)), other_mul=Tensor((5,)), other_sub=Tensor((4, 5), layout="transposed"))
    assert writable_inputs(collect_evidence(task, case)) == ["input", "other_sub"]
    repeated = Case(input=Tensor((4, 5), layout="expanded"), other_mul=Tensor((4, 5), "float64"), other_sub=2.0)
    assert writable_inputs(collect_evidence(task, repeated)) == ["other_mul"]
    assert writable_inputs(collect_evidence(CATALOGUE.load("signbit"), Case(input=Tensor((4,))))) == []


def test_demands_of_some_arguments_are_listed_with_them() -> None:
    assert texts(CATALOGUE.load("addmm"), dtypes=False) == ["zero_dim (input)", "nan (input)"]
    assert texts(CATALOGUE.load("nll_loss"), dtypes=True) == ["int64 (target)"]
    assert texts(CATALOGUE.load("Adam"), dtypes=False) == ["changed options", "missing gradients"]
