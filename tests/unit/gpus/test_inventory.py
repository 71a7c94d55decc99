"""Which GPUs there are, from what drivers print."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from pytest_kernelbench.gpus.inventory import PRETENDED, Gpu, every, from_proc, gpus, parse, slug, visible
from pytest_kernelbench.model.errors import KernelBenchError

TWO = """\
0, GPU-11111111-aaaa, NVIDIA H100 80GB HBM3, 81559, 550.54.15, Disabled
1, GPU-22222222-bbbb, NVIDIA H100 80GB HBM3, 81559, 550.54.15, Disabled
"""
MIXED = """\
0, GPU-11111111-aaaa, NVIDIA GeForce RTX 3090, 24576, 560.35.03, [N/A]
1, GPU-22222222-bbbb, NVIDIA GeForce RTX 4090, 24564, 560.35.03, [N/A]
"""
DIVIDED = """\
0, GPU-11111111-aaaa, NVIDIA A100-SXM4-40GB, 40960, 535.104.05, Enabled
1, GPU-22222222-bbbb, NVIDIA A100-SXM4-40GB, 40960, 535.104.05, Disabled
"""
INSTANCES = """\
GPU 0: NVIDIA A100-SXM4-40GB (UUID: GPU-11111111-aaaa)
  MIG 3g.20gb     Device  0: (UUID: MIG-7cc0)
  MIG 1g.5gb      Device  1: (UUID: MIG-8dd1)
GPU 1: NVIDIA A100-SXM4-40GB (UUID: GPU-22222222-bbbb)
"""


def test_a_table() -> None:
    first, second = parse(TWO)
    assert first == Gpu(0, "GPU-11111111-aaaa", "NVIDIA H100 80GB HBM3", 81559 << 20, "550.54.15")
    assert (second.index, second.slug) == (1, "h100")


@pytest.mark.parametrize("text", ["", "No devices were found\n", "Failed to initialize NVML: mismatch\n"])
def test_a_table_without_gpus(text: str) -> None:
    assert parse(text) == ()


def test_memory_that_the_driver_does_not_tell() -> None:
    (gpu,) = parse("0, GPU-11, NVIDIA Thor, [N/A], 580.00, [N/A]\n")
    assert gpu.memory == 0


def test_instances_take_the_place_of_a_divided_gpu() -> None:
    found = parse(DIVIDED, INSTANCES)
    assert [gpu.uuid for gpu in found] == ["MIG-7cc0", "MIG-8dd1", "GPU-22222222-bbbb"]
    assert (found[0].memory, found[0].slug) == (20 << 30, "a100_mig_3g_20gb")


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        (None, [0, 1]),
        ("", []),
        ("-1", []),
        ("1", [1]),
        ("1,0", [1, 0]),
        ("1,1", [1]),
        ("1,7,0", [1]),
        ("0,-1,1", [0]),
        (" GPU-2222 ", [1]),
        ("GPU-", []),
        ("NoDevFiles", []),
    ],
)
def test_the_callers_choice_is_never_widened(asked: str | None, wanted: list[int]) -> None:
    environ = {} if asked is None else {"CUDA_VISIBLE_DEVICES": asked}
    assert [gpu.index for gpu in visible(parse(TWO), environ)] == wanted


def test_an_instance_is_chosen_by_its_uuid_and_a_number_means_the_first() -> None:
    found = parse(DIVIDED, INSTANCES)
    assert [gpu.uuid for gpu in visible(found, {"CUDA_VISIBLE_DEVICES": "MIG-8dd1"})] == ["MIG-8dd1"]
    assert [gpu.uuid for gpu in visible(found[:2], {"CUDA_VISIBLE_DEVICES": "0"})] == ["MIG-7cc0"]


def test_numbers_among_several_models_are_not_guessed() -> None:
    with pytest.raises(KernelBenchError, match="PCI_BUS_ID"):
        visible(parse(MIXED), {"CUDA_VISIBLE_DEVICES": "1"})
    (gpu,) = visible(parse(MIXED), {"CUDA_VISIBLE_DEVICES": "1", "CUDA_DEVICE_ORDER": "PCI_BUS_ID"})
    assert gpu.slug == "rtx_4090"
    assert len(visible(parse(MIXED), {})) == 2


@pytest.mark.parametrize(
    ("model", "word"),
    [
        ("NVIDIA H100 80GB HBM3", "h100"),
        ("NVIDIA H100 PCIe", "h100"),
        ("NVIDIA H200", "h200"),
        ("NVIDIA A100-SXM4-80GB", "a100"),
        ("NVIDIA B200", "b200"),
        ("Tesla V100-SXM2-16GB", "v100"),
        ("NVIDIA L40S", "l40s"),
        ("NVIDIA GeForce RTX 4090", "rtx_4090"),
        ("NVIDIA GeForce RTX 4090 Laptop GPU", "rtx_4090_laptop"),
        ("NVIDIA RTX 6000 Ada Generation", "rtx_6000_ada"),
        ("AMD Instinct MI300X", "mi300x"),
        ("NVIDIA Graphics Device", "graphics_device"),
        ("NVIDIA GPU", "nvidia_gpu"),
    ],
)
def test_a_model_is_a_word(model: str, word: str) -> None:
    assert slug(model) == word


@pytest.mark.parametrize("module", ["NVIDIA UNIX x86_64 Kernel Module", "NVIDIA UNIX Open Kernel Module for x86_64"])
def test_the_kernel_modules_own_list(tmp_path: Path, module: str) -> None:
    for bus, uuid in (("0000:41:00.0", "GPU-22"), ("0000:01:00.0", "GPU-11")):
        folder = tmp_path / "gpus" / bus
        folder.mkdir(parents=True)
        text = f"Model: \t\t NVIDIA A10\nIRQ:   \t\t 120\nGPU UUID: \t {uuid}\nBus Location: \t {bus}\n"
        (folder / "information").write_text(text)
    (tmp_path / "version").write_text(f"NVRM version: {module}  535.104.05  Sat Aug 19 2023\n")
    assert from_proc(tmp_path) == (
        Gpu(0, "GPU-11", "NVIDIA A10", driver="535.104.05"),
        Gpu(1, "GPU-22", "NVIDIA A10", driver="535.104.05"),
    )
    assert from_proc(tmp_path / "absent") == ()


def test_nvidia_smi_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "nvidia-smi"
    program.write_text(f"#!/bin/sh\ncase $1 in -L) cat <<'E'\n{INSTANCES}E\n;; *) cat <<'E'\n{DIVIDED}E\n;; esac\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    assert [gpu.uuid for gpu in every({})] == ["MIG-7cc0", "MIG-8dd1", "GPU-22222222-bbbb"]


def test_a_pretended_listing_wins_and_obeys_the_callers_choice() -> None:
    assert [gpu.index for gpu in gpus({PRETENDED: TWO, "CUDA_VISIBLE_DEVICES": "1"})] == [1]
    assert gpus({PRETENDED: ""}) == ()


def test_a_listing_loads_no_torch() -> None:
    program = "import sys, pytest_kernelbench.gpus.inventory as it; it.gpus(); assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", program], check=True)
