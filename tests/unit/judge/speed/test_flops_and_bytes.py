"""The least work of a case, counted on shapes alone."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_kernelbench import Case, DType, Task, Tensor
from pytest_kernelbench.judge.comparison.evidence import OracleError
from pytest_kernelbench.judge.speed.flops_and_bytes import flops_and_bytes
from pytest_kernelbench.model.case import leaves
from pytest_kernelbench.model.catalogue import Catalogue
from tests.support.judging import task_of


def test_products_are_counted_and_every_byte_once() -> None:
    case = Case(x=Tensor((10, 20), "float16"), y=Tensor((20, 30), "float16"))
    assert flops_and_bytes(task_of(lambda x, y: x @ y, case), case)[:2] == (2 * 10 * 20 * 30, 2 * (200 + 600 + 300))


def test_cuda_is_not_asked_for_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    asked = list[str]()
    for name in ("is_available", "device_count", "is_initialized", "_lazy_init"):
        monkeypatch.setattr(torch.cuda, name, lambda *_, name=name: asked.append(name))
    case = Case(x=Tensor((4, 2, 8, 16)), y=Tensor((16,)))

    def reference(x: Any, y: Any) -> Any:
        return torch.nn.functional.scaled_dot_product_attention(x, x, x) * y + torch.tensor(1.0)

    assert flops_and_bytes(task_of(reference, case), case).flops > 0
    assert asked == [], "the judge never uses CUDA, and to ask initialises it"


def test_other_arithmetic_is_not_counted() -> None:
    case = Case(x=Tensor((1000,)), dtype=DType("float16"))
    assert flops_and_bytes(task_of(lambda x, dtype: x.exp().to(dtype), case), case)[:2] == (0, 4000 + 2000)


def test_a_huge_case_takes_no_memory() -> None:
    case = Case(x=Tensor((1 << 20, 1 << 20)))
    assert flops_and_bytes(task_of(lambda x: x.relu(), case), case).moved_bytes == 8 << 40


def test_updated_arguments_are_written() -> None:
    def reference(x: Any, state: Any) -> Any:
        state += x
        return x[:1]

    case = Case(x=Tensor((100,)), state=Tensor((100,)))
    assert moved(reference, case) == 804, "what is not part of the result need not be written"
    assert moved(reference, case, mutates=("state",)) == 1204


def test_what_this_call_does_not_write_is_not_counted() -> None:
    def reference(x: Any, inplace: bool = False) -> Any:
        return x.relu_() if inplace else x.relu()

    for inplace in (False, True):
        case = Case(x=Tensor((100,)), inplace=inplace)
        assert moved(reference, case, mutates=("x",)) == 800


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        (lambda x, i: x[:10].exp(), 10 * 100 * 8),
        (lambda x, i: x[0] + x[0].exp(), 100 * 8),
        (lambda x, i: x.index_select(0, i), 3 * 8 + 400 * 2.98 + 1200),
        (lambda x, i: i + 1, 2 * 3 * 8),
        (lambda x, i: x.tril(), 200 * 100 * 6),
        (lambda x, i: x[:1].expand(200, 100), 400),
    ],
)
def test_what_need_not_be_read_is_not_counted(reference: Any, expected: float) -> None:
    case = Case(x=Tensor((200, 100)), i=Tensor((3,), "int64", "integers(0, 200)"))
    assert moved(reference, case) == pytest.approx(expected, rel=0.01)


def test_products_that_need_fewer_operations() -> None:
    def least(reference: Any, case: Case) -> float:
        return flops_and_bytes(task_of(reference, case), case).least_flops / (2 * 64**3)

    square = Case(x=Tensor((64, 64)), y=Tensor((64, 64)))
    assert least(lambda x, y: x @ y, square) == pytest.approx(7 / 8, abs=1e-4)
    assert least(lambda x, y: x @ x.t() + y, square) == pytest.approx(7 / 16, abs=1e-4)
    assert least(lambda x, y: x.tril() @ y, square) == pytest.approx(7 / 16, abs=1e-4)
    image = Case(x=Tensor((1, 8, 10, 10)), y=Tensor((8, 8, 3, 3)))
    assert least(_convolved, image) * 2 * 64**3 == 2 * 9 * 8 * 8 * 64 / 4


def _convolved(x: Any, y: Any) -> Any:
    import torch

    return torch.conv2d(x, y)


HALF, STATE = 2 * 64 * 256 * 56 * 56, 4 * 4 * 256
"""Bytes of a float16 activation, and of the four vectors of its batch normalisation in float32."""

BY_HAND = {
    ("relu", "resnet50_stage1"): 2 * HALF,
    ("leaky_relu", "dcgan_discriminator"): 2 * 2 * 512 * 128 * 32 * 32,
    ("batch_norm", "resnet50_stage1_training"): 2 * 2 * HALF + STATE + STATE // 2,
    ("Lion", "llama_7b_mlp"): 5 * 4 * 11008 * 4096,
    ("softmax", "bert_large_scores"): 2 * 2 * 16 * 16 * 512 * 512,
    ("matmul_fp16", "llama_7b_qkv"): 2 * (4096 * 4096 + 2 * 4096 * 12288),
    ("nll_loss", "gpt2_vocabulary"): 4096 * (8 + 4) + 4,
    ("matrix_vector_dot", "square_16384"): 4 * (16384**2 + 3 * 16384) + 4,
    ("add", "bert_large_bias"): 2 * (2 * 64 * 512 * 4096 + 4096),
    ("matrix_multiply_and_row_dot", "square_8192"): 2 * (8192**2 + 4 * 8192),
    ("masked_select", "elements_64m"): 8192**2 * (1 + 4),
    ("fused_masked_select_add_gelu", "bert_base_masked_feed_forward"): 16384 + 2 * 16384 * 3072,
    ("fused_gather_masked_fill", "deberta_position_scores"): int(
        512 * 512 + 192 * 512 * (512 * (0.6 * 8 + 2) + 2 * 1024 * (1 - (1 - 1 / 1024) ** (0.6 * 512)))
    ),
    ("logspace", "elements_64m"): 4 * 67108864,
}
"""Bytes that must be moved, by task and workload."""


@pytest.mark.parametrize(("name", "workload"), BY_HAND)
def test_bytes_by_hand(name: str, workload: str) -> None:
    task = Catalogue.find().load(name)
    assert flops_and_bytes(task, task.workloads[workload]).moved_bytes == BY_HAND[name, workload]


def test_no_workload_moves_more_than_its_inputs_and_results() -> None:
    catalogue, count = Catalogue.find(), 0
    for name in catalogue.names():
        task = catalogue.load(name)
        for workload, case in task.workloads.items():
            work, count = flops_and_bytes(task, case), count + 1
            given = dict(leaves(case))
            updated = sum(recipe.nbytes for path, recipe in given.items() if path.partition("[")[0] in task.mutates)
            most = sum(recipe.nbytes for recipe in given.values()) + updated + results(task, case)
            assert 0 < work.moved_bytes <= most, (name, workload)
            assert 0 <= work.least_flops <= work.flops, (name, workload)
    assert count > 200


def moved(reference: Any, case: Case, **options: Any) -> int:
    """Return the bytes that a case must move."""
    return flops_and_bytes(task_of(reference, case, **options), case).moved_bytes


def results(task: Task, case: Case) -> int:
    """Return the bytes of the results, without those that are arguments; more than any where a task counts itself."""
    from torch._subclasses.fake_tensor import FakeTensorMode

    from pytest_kernelbench.judge.comparison.evidence import signature, tensors_in
    from pytest_kernelbench.wire.calling_conventions import invoke
    from pytest_kernelbench.wire.materialize import torch_dtype, values_of

    if task.flops_and_bytes is not None:
        return 1 << 60
    with FakeTensorMode():
        import torch

        values = values_of(case, lambda path, recipe: torch.empty(recipe.shape, dtype=torch_dtype(recipe.dtype)))
        found = tensors_in(invoke(task.calling_convention, task.reference, signature(task), values))
        known = [id(each) for each in tensors_in(values)]
        return sum(each.numel() * each.element_size() for each in found if id(each) not in known)


def test_a_task_may_count_by_itself() -> None:
    case = Case(x=Tensor((5,)))
    task = task_of(lambda x: x, case, flops_and_bytes=lambda case: (case.x.shape[0], 7))
    assert flops_and_bytes(task, case)[:2] == (5, 7)


def test_a_reference_that_needs_values() -> None:
    case = Case(x=Tensor((5,)))
    with pytest.raises(OracleError, match=r"^no work can be counted for Case\(x=Tensor\(\(5,\)\)\): "):
        flops_and_bytes(task_of(lambda x: x[: int(x.sum())], case), case)
