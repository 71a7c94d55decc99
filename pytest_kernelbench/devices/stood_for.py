"""The GPU that a stand-in stands for: its properties, and whether the kernel has asked for them."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from pytest_kernelbench.model.targets import TARGETS, Target

USUAL = "sm_80"
"""The target whose GPU the stand-in is, unless a runner is told otherwise: an A100."""

_NAMES = {"A100": "NVIDIA A100-SXM4-80GB", "H100": "NVIDIA H100 80GB HBM3", "RTX 5090": "NVIDIA GeForce RTX 5090"}
"""Names of models as `torch.cuda.get_device_name` has them, where they are not the maker and the model."""

_L2 = {"A100": 40, "A10": 6, "L40S": 96, "H100": 50, "B200": 126, "RTX 5090": 96, "MI250X": 8, "MI300X": 4, "MI355X": 4}
"""Size of the L2 cache in MiB, by model; NVIDIA's and AMD's white papers."""

_HIP = "6.4.43482"
"""What `torch.version.hip` says where the stand-in is a GPU by AMD."""


class StoodFor:
    """One GPU that is not there."""

    def __init__(self, target: Target = TARGETS[USUAL], multiprocessors: int | None = None) -> None:
        """`multiprocessors` replaces the number that GPUs of the target have."""
        self.target = target
        self.multiprocessors = multiprocessors or target.multiprocessors
        self.asked = False
        """Whether host code has asked for anything that differs between GPUs."""
        self.properties = self._properties()

    def told(self, answer: Callable[..., Any]) -> Callable[..., Any]:
        """Return a function that gives the answer and notes that it was asked for."""

        def asked(*args: Any, **kwargs: Any) -> Any:
            self.asked = True
            return answer(*args, **kwargs)

        return asked

    @property
    def amd(self) -> bool:
        """Whether it is a GPU by AMD."""
        return self.target.backend == "hip"

    @property
    def hip(self) -> str | None:
        """The version of HIP that torch reports, on a GPU by AMD."""
        return _HIP if self.amd else None

    def gpu_target(self) -> Any:
        """Return the target as Triton's drivers report it."""
        from triton.backends.compiler import GPUTarget

        return GPUTarget(self.target.backend, self.target.arch, self.target.warp)

    def driver_properties(self) -> dict[str, Any]:
        """Return the device properties that Triton's driver reports."""
        known = {
            "max_shared_mem": self.target.shared,
            "max_num_regs": self.target.registers,
            "multiprocessor_count": self.multiprocessors,
            "warpSize": self.target.warp,
            "sm_clock_rate": self.properties.clock_rate,
            "mem_clock_rate": self.properties.memory_clock_rate,
            "mem_bus_width": self.properties.memory_bus_width,
        }
        return {**known, "arch": self.target.name} if self.amd else known

    def _properties(self) -> SimpleNamespace:
        """Return the device properties that torch reports."""
        target, shared = self.target, self.target.shared
        maker = "AMD Instinct" if self.amd else "NVIDIA"
        return SimpleNamespace(
            name=_NAMES.get(target.model, f"{maker} {target.model}"),
            major=target.capability[0],
            minor=target.capability[1],
            multi_processor_count=self.multiprocessors,
            total_memory=target.memory << 30,
            warp_size=target.warp,
            max_threads_per_block=target.threads,
            max_threads_per_multi_processor=target.warps * target.warp,
            shared_memory_per_block=shared if self.amd else 48 << 10,
            shared_memory_per_block_optin=shared,
            shared_memory_per_multiprocessor=target.shared_all,
            regs_per_multiprocessor=target.registers,
            L2_cache_size=_L2[target.model] << 20,
            gcnArchName=f"{target.name}:sramecc+:xnack-" if self.amd else target.name,
            is_integrated=False,
            is_multi_gpu_board=False,
            clock_rate=1_755_000,
            memory_clock_rate=1_593_000,
            memory_bus_width=5120,
            pci_bus_id=1,
            pci_device_id=0,
            pci_domain_id=0,
            uuid="00000000-0000-0000-0000-000000000000",
        )
