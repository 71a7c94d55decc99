"""GPUs that kernels can be compiled for, with their limits, and the theoretical occupancy of a kernel."""

from __future__ import annotations

import importlib.metadata
import math
from collections.abc import Mapping
from dataclasses import dataclass

from pytest_kernelbench.model.errors import KernelBenchError


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One GPU architecture, with the limits of the compiler and of a launch."""

    name: str
    backend: str
    """`cuda` or `hip`, as Triton calls it."""
    model: str
    """The GPU that a kernel's host code sees."""
    capability: tuple[int, int]
    """Compute capability, as `torch.cuda.get_device_capability` returns it."""
    multiprocessors: int
    """Number of streaming multiprocessors (NVIDIA) or compute units (AMD)."""
    memory: int
    """Device memory in GiB."""
    shared: int
    """Maximum bytes of shared memory (LDS) per block."""
    shared_all: int
    """Bytes of shared memory (LDS) per multiprocessor."""
    warps: int
    """Maximum resident warps (wavefronts) per multiprocessor."""
    blocks: int
    """Maximum resident blocks per multiprocessor."""
    warp: int = 32
    """Threads per warp."""
    threads: int = 1024
    """Maximum threads per block."""
    registers: int = 65_536
    """32-bit registers per multiprocessor."""
    since: tuple[int, int] = (3, 2)
    """The first version of Triton that compiles for it."""

    @property
    def arch(self) -> int | str:
        """The architecture as Triton's `GPUTarget` takes it: 90, or "gfx942"."""
        return int(self.name.removeprefix("sm_")) if self.backend == "cuda" else self.name


def _nvidia(name: str, model: str, multiprocessors: int, memory: int, **limits: int | tuple[int, int]) -> Target:
    major, minor = divmod(int(name.removeprefix("sm_")), 10)
    fields = {"shared": limits["shared_all"] - 1024, **limits}  # type: ignore[operator]
    return Target(name=name, backend="cuda", model=model, capability=(major, minor),
                  multiprocessors=multiprocessors, memory=memory, **fields)  # type: ignore[arg-type]  # fmt: skip


def _amd(name: str, model: str, multiprocessors: int, memory: int, lds: int) -> Target:
    # 512 KiB of vector registers on four SIMDs of 8 wavefronts each. Before 3.5, Triton needs the linker of ROCm.
    return Target(name=name, backend="hip", model=model, capability=(9, int(name[4])), multiprocessors=multiprocessors,
                  memory=memory, shared=lds << 10, shared_all=lds << 10, warps=32, blocks=32, warp=64,
                  registers=131_072, since=(3, 5))  # fmt: skip


# CUDA C++ Programming Guide, "Technical Specifications per Compute Capability" and "Shared Memory": a block may have
# all shared memory of a multiprocessor but 1 KiB, which the system keeps. Multiprocessors and memory: NVIDIA's white
# papers of the models. AMD: "GPU hardware specifications" in the ROCm documentation (gfx90a: one of two dies).
TARGETS: Mapping[str, Target] = {
    target.name: target
    for target in (
        _nvidia("sm_80", "A100", 108, 80, shared_all=164 << 10, warps=64, blocks=32),
        _nvidia("sm_86", "A10", 72, 24, shared_all=100 << 10, warps=48, blocks=16),
        _nvidia("sm_89", "L40S", 142, 48, shared_all=100 << 10, warps=48, blocks=24),
        _nvidia("sm_90", "H100", 132, 80, shared_all=228 << 10, warps=64, blocks=32),
        _nvidia("sm_100", "B200", 148, 180, shared_all=228 << 10, warps=64, blocks=32, since=(3, 3)),
        _nvidia("sm_120", "RTX 5090", 170, 32, shared_all=100 << 10, warps=48, blocks=24, since=(3, 3)),
        _amd("gfx90a", "MI250X", 110, 64, 64),
        _amd("gfx942", "MI300X", 304, 192, 64),
        _amd("gfx950", "MI355X", 256, 288, 160),
    )
}

DEFAULT = "sm_90"
"""The target that completes a verdict of the interpreter, unless the user names another."""


def target(name: str) -> Target:
    """Return the target of that name; raises `KernelBenchError` where it cannot be compiled for here."""
    if name not in TARGETS:
        raise KernelBenchError(f"unknown target {name}; choose from: {', '.join(TARGETS)}")
    found = TARGETS[name]
    try:
        installed = importlib.metadata.version("triton")
    except importlib.metadata.PackageNotFoundError:
        raise KernelBenchError(f"compiling for {name} needs Triton, which is not installed") from None
    if tuple(int(part) for part in installed.split(".")[:2]) < found.since:
        needed = ".".join(map(str, found.since))
        raise KernelBenchError(f"Triton {installed} cannot compile for {name}: that needs Triton {needed} or newer")
    return found


@dataclass(frozen=True, slots=True)
class Occupancy:
    """The theoretical occupancy of a multiprocessor, and the resource that limits it."""

    share: float
    """Resident warps over the maximum, 0 to 1."""
    limiter: str
    """`warps` (also at full occupancy), `blocks`, `registers` or `shared memory`."""


def occupancy(target: Target, *, warps: int, registers: int, shared: int) -> Occupancy:
    """Return the theoretical occupancy of a kernel with `warps` warps and `shared` bytes of shared memory per block.

    `registers` are per thread. Allocation granularities: NVIDIA's occupancy calculator; AMD CDNA.
    """
    fits = {
        "warps": target.warps // warps,
        "blocks": target.blocks,
        "registers": _by_registers(target, warps, registers),
        "shared memory": _by_shared(target, shared),
    }
    limiter = min(fits, key=lambda name: fits[name])
    return Occupancy(round(fits[limiter] * warps / target.warps, 4), limiter)


def _by_registers(target: Target, warps: int, registers: int) -> int:
    """Blocks whose registers fit: warps get registers in units, from a quarter of the register file each."""
    unit = 256 if target.backend == "cuda" else 8 * target.warp
    taken = unit * math.ceil(max(1, registers) * target.warp / unit)
    return 4 * (target.registers // 4 // taken) // warps


def _by_shared(target: Target, shared: int) -> int:
    if target.backend == "cuda":
        return target.shared_all // (128 * math.ceil(shared / 128) + 1024)
    return target.shared_all // (512 * math.ceil(max(1, shared) / 512))
