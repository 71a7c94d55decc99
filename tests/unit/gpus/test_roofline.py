"""The speed of light: arithmetic, table and cache, and measuring on a torch that only counts."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pytest_kernelbench.gpus.inventory import Gpu
from pytest_kernelbench.gpus.lock import GpuLock
from pytest_kernelbench.gpus.roofline import (
    DATASHEETS,
    SUSTAINED,
    WIDTHS,
    Roofline,
    measure,
    published,
    roofline,
    sustained,
)
from tests.support.fake_cuda import FakeCuda

GPU = Gpu(0, "GPU-1", "NVIDIA H200", 141 << 30, "580.159.04")
MEASURED = Roofline(4.3e12, {"float32": 50e12, "bfloat16": 790e12}, "measured")


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


def test_the_share_is_of_whatever_limits() -> None:
    memory = MEASURED.share(flops=1e6, moved_bytes=4.3e9, dtype="float32", seconds=2e-3)
    arithmetic = MEASURED.share(flops=50e9, moved_bytes=1e6, dtype="float32", seconds=4e-3)
    unknown = MEASURED.share(flops=1e18, moved_bytes=4.3e9, dtype="int8", seconds=1e-3)
    assert (memory, arithmetic, unknown) == pytest.approx((0.5, 0.25, 1.0))
    assert MEASURED.share(flops=1, moved_bytes=1, dtype="float32", seconds=0.0) is None


@pytest.mark.parametrize(
    ("model", "gigabytes", "tera"),
    [
        ("NVIDIA A100-SXM4-40GB", 1555, 312),
        ("NVIDIA A100-SXM4-80GB", 2039, 312),
        ("NVIDIA A100 80GB PCIe", 1935, 312),
        ("NVIDIA H100 PCIe", 2000, 756),
        ("NVIDIA H100 80GB HBM3", 3350, 989.5),
        ("NVIDIA H200", 4800, 989.5),
        ("NVIDIA L40S", 864, 362),
        ("NVIDIA L4", 300, 121),
        ("NVIDIA GeForce RTX 4090", 1008, 165.2),
        ("AMD Instinct MI300X", 5300, 1307.4),
    ],
)
def test_published_ceilings(model: str, gigabytes: float, tera: float) -> None:
    found = published(model)
    assert found is not None
    assert (found.bandwidth, found.flops["float16"], found.source) == (gigabytes * 1e9, tera * 1e12, "datasheet")


def test_what_is_not_in_the_table() -> None:
    assert published("NVIDIA GeForce RTX 4090 Laptop GPU") is None
    assert published("NVIDIA GeForce GTX 1080") is None
    assert all(sheet.flops["tf32"] <= sheet.flops["bfloat16"] for _, sheet in DATASHEETS)


def test_measured_once_for_a_gpu_and_driver() -> None:
    runs = []

    def run(gpu: Gpu) -> str:
        runs.append(gpu)
        return "a warning of torch\n" + json.dumps(asdict(MEASURED)) + "\n"

    assert roofline(GPU, run) == roofline(GPU, run) == MEASURED
    other = Gpu(0, GPU.uuid, GPU.model, GPU.memory, "590.1")
    assert roofline(other, run) == MEASURED
    assert runs == [GPU, other]


def test_measured_alone_and_by_one_process() -> None:
    lock, runs = GpuLock(GPU.uuid), list[bool]()
    both = threading.Barrier(2)

    def run(gpu: Gpu) -> str:
        runs.append(lock.is_held())
        time.sleep(0.1)  # for the other thread to get to the lock
        return json.dumps(asdict(MEASURED))

    def found(index: int) -> Roofline | None:
        both.wait()
        return roofline(GPU, run, GpuLock(GPU.uuid))

    with ThreadPoolExecutor(2) as workers:
        assert [*workers.map(found, range(2))] == [MEASURED, MEASURED]
    assert runs == [True], "the second one takes what the first one has measured"
    assert not lock.is_held()


@pytest.mark.parametrize("text", ["", "no CUDA", '{"bandwidth": 0.0, "flops": {}, "source": "measured"}', "[]", "{}"])
def test_where_nothing_can_be_measured_the_datasheet_stands_in(text: str) -> None:
    assert roofline(GPU, lambda gpu: text) == published(GPU.model)
    assert roofline(Gpu(0, "GPU-2", "a new one"), lambda gpu: text) is None


def test_rates_that_no_kernel_exceeds() -> None:
    rates = {"float32": 50e12, "tf32": 340e12, "bfloat16": 1000e12, "float64": 60e12}
    measured = Roofline(4.4e12, rates, "measured", 7)
    found = measured.beyond(published(GPU.model))
    assert (found.bandwidth, found.source, found.cache) == (4.8e12, "measured", 7)
    assert found.flops["tf32"] == 494.5e12
    assert found.flops["bfloat16"] == pytest.approx(1050e12)
    assert found.flops["float32"] == pytest.approx(350e12), "three products of bfloat16"
    assert "float64" not in found.flops
    alone = Roofline(1e12, {"float32": 50e12}, "measured").beyond(None)
    assert (alone.bandwidth, alone.flops["float32"]) == pytest.approx((1.05e12, 52.5e12))


def test_figures_beside_the_published_ones() -> None:
    sheet = published(GPU.model)
    assert MEASURED.doubts(sheet) == []
    assert MEASURED.doubts(None) == []
    strange = Roofline(4.9e12, {"bfloat16": 300e12, "int8": 1.0}, "measured")
    assert strange.doubts(sheet) == ["bandwidth is 102% of the published rate", "bfloat16 is 30% of the published rate"]


class FakeTorch(SimpleNamespace):
    """A torch whose tensors are nothing; float64 products fail."""

    def __init__(self, memory: int) -> None:
        made: list[Any] = []
        matrix = SimpleNamespace
        super().__init__(
            cuda=SimpleNamespace(
                mem_get_info=lambda: (memory, memory),
                get_device_properties=lambda index: SimpleNamespace(L2_cache_size=50 << 20),
            ),
            backends=SimpleNamespace(cuda=SimpleNamespace(matmul=SimpleNamespace(allow_tf32=None))),
            randn=lambda *shape, device: made.append(shape) or matrix(to=lambda dtype: _Matrix(dtype)),
            ones=lambda shape, device: None,
            made=made,
            float64="float64", float32="float32", float16="float16", bfloat16="bfloat16",
        )  # fmt: skip


class _Matrix:
    def __init__(self, dtype: str) -> None:
        self.dtype = dtype

    def __matmul__(self, other: _Matrix) -> None:
        if self.dtype == "float64":
            raise RuntimeError("not here")


def test_measuring() -> None:
    torch = FakeTorch(memory=4 << 30)
    asked = []

    def seconds_of(call: Callable[[], object], least: float) -> float:
        asked.append(least)
        if len(asked) > 2:
            call()
        return 1e-3

    found = measure(torch, seconds_of)
    assert torch.made[:3] == [((4 << 30) // 8 // 4,)] * 3
    assert found.bandwidth == 3 * ((4 << 30) // 8) / 1e-3
    assert found.flops == {name: 2 * max(WIDTHS) ** 3 / 1e-3 for name in ("float32", "float16", "bfloat16", "tf32")}
    assert set(asked) == {SUSTAINED}
    assert found.cache == 50 << 20


def test_a_call_is_repeated_for_as_long_as_it_is_asked() -> None:
    cuda = FakeCuda()
    seconds = sustained(SimpleNamespace(cuda=cuda), lambda: cuda.launch(1e-3), 0.3)
    assert seconds == pytest.approx(1e-3, rel=0.02)
    assert cuda.now > 0.3
