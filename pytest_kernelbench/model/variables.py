"""Environment variables that kernels need: which names may be given, and how they are written."""

from __future__ import annotations

import re
from collections.abc import Mapping

from pytest_kernelbench.model.errors import KernelBenchError

FORM = "upper-case letters and digits in at least two words that _ joins, such as GEMS_VENDOR"
"""The form of names, in words."""

RESERVED = ("AMD_", "ATEN_", "BASH_ENV", "BLIS_", "COMPILER_PATH", "COVERAGE_", "CPLUS_INCLUDE_PATH", "CUBLAS", "CUDA",
            "CUDNN", "C_INCLUDE_PATH", "DNNL_", "DYLD_", "GCC_", "GCONV_", "GLIBC_", "GOMP_", "GPU_", "HIP_", "HSA_",
            "HYPOTHESIS_", "KERNELBENCH_", "KMP_", "LC_", "LD_", "LIBRARY_PATH", "LLVM_", "MALLOC_", "MKL_", "MLIR_",
            "NCCL_", "NUMEXPR_", "NVIDIA_", "OMP_", "ONEDNN_", "OPENBLAS_", "PYTEST", "PYTHON", "PYTORCH",
            "RES_OPTIONS", "ROCM_", "ROCR_", "TORCH", "TRITON", "VIRTUAL_ENV", "XDG_")  # fmt: skip
"""Beginnings of names that are refused: Python, torch, Triton, the loader, compilers and the judge read them."""

MAX_VALUE = 4096
"""Characters of the longest value."""

_NAME = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)+")


def checked(name: object, value: object) -> tuple[str, str]:
    """Return a variable; raises `KernelBenchError` for a name or a value that kernels may not have."""
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise KernelBenchError(f"{name!r} cannot be set: expected {FORM}")
    if name.startswith(RESERVED):
        raise KernelBenchError(
            f"{name} cannot be set: Python, torch, Triton, the machine's libraries or the judge read it; "
            f"expected a variable of the kernel's own library: {FORM}"
        )
    if not isinstance(value, str) or not value.isprintable() or len(value) > MAX_VALUE:
        raise KernelBenchError(f"{name}: expected one line of printable text of at most {MAX_VALUE} characters")
    return name, value


def parse(text: str) -> tuple[str, str]:
    """Return the variable that `NAME=VALUE` sets; raises `KernelBenchError`."""
    name, equals, value = text.partition("=")
    if not equals:
        raise KernelBenchError(f"{text!r} is no variable: expected NAME=VALUE, with a name of {FORM}")
    return checked(name.strip(), value)


def merged(*sets: Mapping[str, str] | tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    """Return the variables of several sets by name; a later set decides where two have the same name."""
    return tuple(sorted({name: value for each in sets for name, value in dict(each).items()}.items()))


def table_of(table: object, where: str) -> dict[str, str]:
    """Return the variables of a table `[environment]`; raises `KernelBenchError` that begins with `where`."""
    if not isinstance(table, dict):
        raise KernelBenchError(f'{where}: expected a table [environment] with lines such as GEMS_VENDOR = "nvidia"')
    try:
        return dict(checked(name, value) for name, value in table.items())
    except KernelBenchError as error:
        raise KernelBenchError(f"{where}: {error}") from None
