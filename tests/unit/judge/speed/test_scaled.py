"""Workloads for a CPU: shorter in the dimensions that they have, until they are small enough."""

from __future__ import annotations

import pytest

from pytest_kernelbench import Case, DType, Task, Tensor
from pytest_kernelbench.judge.speed.flops_and_bytes import flops_and_bytes
from pytest_kernelbench.judge.speed.scaled import halved, scaled
from pytest_kernelbench.judge.speed.workload_limits import MAX_BYTES, MAX_FLOPS, too_large
from pytest_kernelbench.model.case import leaves
from pytest_kernelbench.model.catalogue import Catalogue
from tests.support.judging import task_of


def shapes(case: Case) -> list[tuple[int, ...]]:
    """Return the shapes of the tensors of a case."""
    return [recipe.shape for _, recipe in leaves(case)]


def test_a_dimension_is_halved_wherever_it_is() -> None:
    case = Case(x=Tensor((8, 64), "float16"), y=Tensor((64, 32), "float16", fill="normal(0, 0.12)"))
    smaller = halved(task_of(lambda x, y: x @ y, case), case)
    assert smaller is not None
    assert shapes(smaller) == [(8, 64), (64, 16)], "64 would become equal to 32"
    assert halved(task_of(lambda x, y: x @ y, case), smaller) == Case(
        x=Tensor((8, 32), "float16"), y=Tensor((32, 16), "float16", fill="normal(0, 0.18)")
    )


def test_indices_end_with_the_dimension() -> None:
    case = Case(x=Tensor((1000, 3)), i=Tensor((10,), "int64", "integers(0, 1000)"))
    assert halved(task_of(lambda x, i: x.index_select(0, i), case), case) == Case(
        x=Tensor((500, 3)), i=Tensor((10,), "int64", "integers(0, 500)")
    ), "fewer rows are more often the same one"


def test_a_dimension_that_the_reference_needs_stays() -> None:
    case = Case(x=Tensor((96, 40)))
    smaller = halved(task_of(lambda x: x * x.new_ones(96, 1), case), case)
    assert smaller is not None
    assert shapes(smaller) == [(96, 20)]
    assert halved(task_of(lambda x: x.view(96, 40).exp(), case), case) is None


def test_shapes_of_results_are_halved() -> None:
    case = Case(size=(64, 16), dtype=DType("float16"))

    def reference(size: tuple[int, ...], dtype: object) -> object:
        import torch

        return torch.rand(size, dtype=dtype)  # type: ignore[call-overload]

    assert scaled(task_of(reference, case), case, lambda task, case: "no" if case.size[0] > 20 else None) is not None
    found = halved(task_of(reference, case), case)
    assert found is not None
    assert found.size == (32, 16)


def test_a_case_that_is_small_enough_stays_as_it_is() -> None:
    case = Case(x=Tensor((8, 4)))
    task = task_of(lambda x: x.exp(), case)
    assert scaled(task, case, lambda task, case: None) is case
    assert scaled(task, case, lambda task, case: "never") is None


@pytest.mark.parametrize(
    ("name", "workload"),
    [("relu", "resnet50_stage1"), ("softmax", "gpt2_vocabulary"), ("matmul_fp16", "llama_7b_qkv"),
     ("conv2d", "mobilenet_depthwise"), ("cross_entropy", "llama_3_vocabulary"), ("Adam", "llama_7b_mlp"),
     ("batch_norm", "resnet50_stage1_training"), ("interpolate", "deeplab_logits"), ("logspace", "elements_64m"),
     ("grid_sample_with_affine", "augmented_crops"), ("layernorm_w8a8", "opt_6.7b"), ("masked_select", "elements_64m")],
)  # fmt: skip
def test_workloads_of_models(name: str, workload: str) -> None:
    task: Task = Catalogue.find().load(name)
    whole = task.workloads[workload]
    small = scaled(task, whole, too_large)
    assert small is not None
    work = flops_and_bytes(task, small)
    assert MAX_BYTES / 8 < work.moved_bytes <= MAX_BYTES or MAX_FLOPS / 16 < work.flops <= MAX_FLOPS
    assert [len(shape) for shape in shapes(small)] == [len(shape) for shape in shapes(whole)]
