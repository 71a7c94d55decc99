"""Everything that a kernel needs to run without a GPU: all patches of torch and Triton, in the order that they need."""

from __future__ import annotations

from pytest_kernelbench.devices import (
    bare_names,
    bfloat16,
    block_pointers,
    descriptors,
    host_calls,
    interpreter,
    jit_functions,
    language,
    lean,
    lean_operations,
    lines,
    loops,
    numbers,
    scalars,
    torch_cuda,
)
from pytest_kernelbench.devices.driver import Driver
from pytest_kernelbench.devices.instruments import Instruments
from pytest_kernelbench.devices.libdevice import install as libdevice
from pytest_kernelbench.devices.stood_for import StoodFor


def install(instruments: Instruments, gpu: StoodFor, ran: lines.RanLines) -> None:
    """Patch torch and Triton until this process ends; before a kernel is imported."""
    torch_cuda.install(gpu, Driver(gpu))
    host_calls.install()
    lean.install()
    lean_operations.install()
    bare_names.install()
    bfloat16.install()
    loops.install()
    scalars.install()
    numbers.install()
    lean_operations.operate_quickly()
    language.install()
    lines.install(ran)
    descriptors.install()
    block_pointers.install()
    interpreter.install(instruments, gpu, ran)
    libdevice.install()
    jit_functions.install()
