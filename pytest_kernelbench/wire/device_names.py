"""The names by which runners are told their device."""

from __future__ import annotations

INTERPRETER = "interpreter"
"""Triton's interpreter, behind the stand-in for CUDA."""

CPU = "cpu"
"""The CPU itself, for kernels in plain torch."""

CUDA = "cuda:"
"""Prefix of the name of a GPU; its UUID follows."""

COMPILE = "compile:"
"""Prefix of the name of a device that compiles kernels without launching them; the name of a target follows."""


def on_gpu(device: str) -> bool:
    """Whether a device is a real GPU."""
    return device.startswith(CUDA)
