"""The names by which runners are told their device."""

from __future__ import annotations

INTERPRETER = "interpreter"
"""Triton's interpreter, behind the stand-in for CUDA."""

AS = f"{INTERPRETER}:"
"""Prefix of the name of an interpreter behind another GPU; target and multiprocessors follow: `sm_90:132`."""

CPU = "cpu"
"""The CPU itself, for kernels in plain torch."""

CUDA = "cuda:"
"""Prefix of the name of a GPU; its UUID follows."""

COMPILE = "compile:"
"""Prefix of the name of a device that compiles kernels without launching them; the name of a target follows."""


def on_gpu(device: str) -> bool:
    """Whether a device is a real GPU."""
    return device.startswith(CUDA)


def interpreter_as(target: str, multiprocessors: int) -> str:
    """Return the name of an interpreter whose stand-in is a GPU of this target with so many multiprocessors."""
    return f"{AS}{target}:{multiprocessors}"


def stand_in_of(device: str) -> tuple[str, int] | None:
    """Return target and multiprocessors of an interpreter's stand-in; None for the usual one and for other devices."""
    if not device.startswith(AS):
        return None
    target, _, multiprocessors = device.removeprefix(AS).partition(":")
    return target, int(multiprocessors)
