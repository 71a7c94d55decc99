"""Tensors whose rows lie gigabytes apart take the memory of their rows alone."""

from __future__ import annotations

import gc
import resource

import pytest
import torch

from pytest_kernelbench import Case, Tensor
from pytest_kernelbench.model.case import leaves
from pytest_kernelbench.wire import far
from pytest_kernelbench.wire.materialize import GUARD, geometry, materialize, refill


@pytest.mark.parametrize("layout", ["far", "far_last"])
@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "bool"])
@pytest.mark.parametrize("shape", [(3, 5), (2, 4, 6), (70, 3)])
def test_elements_are_those_of_the_compact_tensor(shape: tuple[int, ...], dtype: str, layout: str) -> None:
    recipe = Tensor(shape, dtype, "integers(0, 2)" if dtype == "bool" else "normal", layout)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    (guarded,) = materialize(Case(x=recipe)).tensors
    (dense,) = materialize(Case(x=far.compact(recipe))).tensors
    assert torch.equal(guarded.tensor, dense.tensor)
    assert guarded.snapshot() == dense.snapshot()
    assert guarded.tensor.stride() == geometry(recipe)[1]
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 << 10


@pytest.mark.parametrize("shape", [(3, 5), (1000, 2, 3), (2, 3, 4)])
def test_the_last_row_is_beyond_32_bits_and_the_stride_is_not(shape: tuple[int, ...]) -> None:
    recipe = Tensor(shape, layout="far")
    axis = far.axis_of(recipe)
    assert axis is not None
    stride = geometry(recipe)[1][axis]
    assert stride < 1 << 31 <= (shape[axis] - 1) * stride
    assert geometry(recipe)[0] * 4 < far.RESERVE // 3


@pytest.mark.parametrize(
    "recipe",
    [
        Tensor((5,), layout="far"),
        Tensor((2, 2), layout="far"),
        Tensor((3, 2), layout="far_last"),
        Tensor((3, 0), layout="far"),
        Tensor((3, 3), "float64", layout="far"),
    ],
    ids=["one dimension", "two rows", "two columns", "empty", "wide elements"],
)
def test_a_shape_that_cannot_lie_so_is_contiguous(recipe: Tensor) -> None:
    assert geometry(recipe) == geometry(far.compact(recipe))
    assert materialize(Case(x=recipe)).tensors[0].rows is None


def test_writes_are_seen_and_contents_can_be_replaced() -> None:
    case = Case(x=Tensor((3, 5), layout="far"))
    arguments = materialize(case)
    (guarded,) = arguments.tensors
    before, version = guarded.snapshot(), guarded.tensor._version
    guarded.tensor[2, 4] = 7
    assert guarded.snapshot()[-GUARD - 4 :] != before[-GUARD - 4 :]
    version += 1
    refill(arguments, case)
    assert guarded.snapshot() == before
    assert guarded.tensor._version == version
    guarded.memory[-1] = 0
    assert guarded.snapshot() != before
    assert [recipe.layout for _, recipe in leaves(far.compacted(case))] == ["contiguous"]


def test_the_limit_on_addresses_is_lent_and_returned(monkeypatch: pytest.MonkeyPatch) -> None:
    limits = [(1 << 40, 1 << 41)]
    monkeypatch.setattr(resource, "getrlimit", lambda what: limits[-1])
    monkeypatch.setattr(resource, "setrlimit", lambda what, pair: limits.append(pair))
    memory = far.mapped(1 << 30)
    assert limits[-1] == ((1 << 40) + (1 << 30), 1 << 41)
    del memory
    gc.collect()
    assert limits[-1] == (1 << 40, 1 << 41)


def test_this_machine_has_room() -> None:
    assert far.possible()
