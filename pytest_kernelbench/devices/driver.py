"""Triton's driver for a GPU that is not there, and handles of kernels that are interpreted instead of compiled."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import torch

from pytest_kernelbench.devices.launches import DEFAULT_WARPS
from pytest_kernelbench.devices.stand_in import CUDA
from pytest_kernelbench.devices.stood_for import StoodFor

REGISTERS = 32
"""Registers per thread that a handle reports, as of a small kernel."""

SHARED = 1024
"""Bytes of shared memory that a handle reports; not 0, since host code divides by it."""


class Driver:
    """The part of Triton's driver that host code and the autotuner use."""

    def __init__(self, gpu: StoodFor) -> None:
        self.gpu = gpu
        self.get_current_target = gpu.told(gpu.gpu_target)
        self.utils = SimpleNamespace(get_device_properties=gpu.told(lambda device: gpu.driver_properties()))

    def get_current_device(self) -> int:
        return 0

    def set_current_device(self, device: int) -> None: ...

    def get_current_stream(self, device: int = 0) -> int:
        return 0

    def get_active_torch_device(self) -> torch.device:
        """Return the device that tensors claim to be on."""
        return CUDA

    def get_device_interface(self) -> Any:
        return torch.cuda

    def get_benchmarker(self) -> Callable[..., list[float]]:
        return benchmark

    def get_empty_cache_for_benchmark(self) -> torch.Tensor:
        return torch.empty(1)

    def clear_cache(self, cache: Any) -> None: ...


def benchmark(call: Callable[[], Any], *args: Any, **kwargs: Any) -> list[float]:
    """Run an autotune configuration once, and report the same time for all of them."""
    call()
    return [1.0, 1.0, 1.0]


class Handle:
    """What a launch or `warmup` returns in the place of a compiled kernel; its resources are made up."""

    n_regs, n_spills, n_max_threads = REGISTERS, 0, 1024
    function, module = 0, 0

    def __init__(self, name: str, gpu: StoodFor, options: dict[str, Any], launch: Callable[..., Any]) -> None:
        """`launch(grid, arguments)` launches the kernel."""
        self.name = name
        self.launch = launch
        self.asm = dict.fromkeys(("ttir", "ttgir", "llir", *(("amdgcn", "hsaco") if gpu.amd else ("ptx", "cubin"))), "")
        self.metadata = SimpleNamespace(
            name=name,
            shared=SHARED,
            num_warps=options.get("num_warps", DEFAULT_WARPS),
            num_stages=options.get("num_stages", 3),
            num_ctas=options.get("num_ctas", 1),
            cluster_dims=(1, 1, 1),
            warp_size=gpu.target.warp,
            target=gpu.gpu_target(),
        )

    def _init_handles(self) -> None: ...

    def __getitem__(self, grid: Any) -> Callable[..., Any]:
        """Return a function that launches the kernel with all of its parameters by position."""
        return lambda *arguments, stream=None: self.launch(grid, arguments)
