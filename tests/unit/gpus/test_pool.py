"""Which GPUs a session takes, and what its items are called."""

from __future__ import annotations

import pytest

from pytest_kernelbench.gpus.inventory import Gpu
from pytest_kernelbench.gpus.pool import Pool
from pytest_kernelbench.model.errors import KernelBenchError

H100, A100 = "NVIDIA H100 80GB HBM3", "NVIDIA A100-SXM4-80GB"
MIXED = (Gpu(3, "GPU-3", H100), Gpu(2, "GPU-2", H100), Gpu(1, "GPU-1", A100))


def test_one_model_is_taken_and_the_items_do_not_name_it() -> None:
    pool = Pool.of(MIXED, None)
    assert [gpu.uuid for gpu in pool.gpus] == ["GPU-3", "GPU-2"]
    assert pool.places("speed[prefill]") == [("speed[prefill]", "h100")]
    assert pool.model_of("submissions/mine/relu.py::correctness@h100") is None
    assert pool.describe() == "2 x h100 (not a100: --kb-gpu)"


def test_another_model_is_taken_by_its_name() -> None:
    pool = Pool.of(MIXED, "a100")
    assert [gpu.uuid for gpu in pool.gpus] == ["GPU-1"]
    assert pool.describe() == "1 x a100 (not h100: --kb-gpu)"


def test_each_model_has_its_items_and_the_first_workers() -> None:
    pool = Pool.of(MIXED, "each")
    assert [gpu.uuid for gpu in pool.gpus] == ["GPU-3", "GPU-1", "GPU-2"]
    assert pool.places("speed[prefill]") == [("speed[prefill]@h100", "h100"), ("speed[prefill]@a100", "a100")]
    assert pool.model_of("submissions/me@home/relu.py::speed[prefill]@a100") == "a100"
    assert pool.model_of("submissions/me@home/relu.py::compile[sm_90]") is None


def test_each_of_one_model_is_that_model() -> None:
    pool = Pool.of(MIXED[:2], "each")
    assert pool.places("correctness") == [("correctness", "h100")]


def test_a_model_that_is_not_there() -> None:
    with pytest.raises(KernelBenchError, match=r"--kb-gpu=a10: did you mean a100, h100\?"):
        Pool.of(MIXED, "a10")


def test_without_gpus_there_is_one_place_and_no_model() -> None:
    assert Pool().places("correctness") == [("correctness", None)]
    assert Pool().describe() == ""
