"""Detect what a kernel has replaced: functions of clocks, comparisons and launches, and global settings of torch."""

from __future__ import annotations

from collections.abc import Iterator
from operator import is_
from typing import Any

CLOCKS = frozenset(("Event", "Stream", "synchronize", "current_stream", "default_stream", "stream", "do_bench"))
"""Functions of `torch.cuda` and `triton.testing` that are used for timing; all of `time` counts as well."""

LAUNCHERS = ("JITFunction", "Autotuner", "GridExecutor", "InterpretedFunction")
"""Classes of Triton that launch kernels and that the audit counts launches in."""


class State:
    """A snapshot of functions and settings of this process."""

    def __init__(self) -> None:
        self._functions = [
            (owner, {name: value for name, value in vars(owner).items() if callable(value) and _public(name)})
            for owner in _owners()
        ]
        self._settings = _settings()

    def changes(self) -> Iterator[tuple[str, str]]:
        """Yield a description of each change since the snapshot, and the rule that it breaks or an empty text."""
        for owner, before in self._functions:
            now = vars(owner)
            # There are a thousand functions and this runs after every call: compare all without a Python loop first.
            if all(map(is_, map(now.get, before), before.values())):
                continue
            for name, value in before.items():
                if now.get(name) is not value and not _by_torch(name, now.get(name)):
                    yield f"replaces {getattr(owner, '__qualname__', owner.__name__)}.{name}", _rule(owner, name)
        for name, value in _settings().items():
            if value != self._settings[name]:
                yield f"sets {name} to {value}", ""


def _public(name: str) -> bool:
    return not name.startswith("_") or name in ("__call__", "__eq__", "__getitem__", "__import__")


def _owners() -> tuple[Any, ...]:
    """Return the modules and classes whose functions a checker or a timer may use."""
    import builtins
    import statistics
    import time

    import numpy.testing
    import torch

    owners: tuple[Any, ...] = (
        builtins, time, statistics, numpy.testing,
        torch, torch.Tensor, torch.nn.functional, torch.testing, torch.cuda, torch.cuda.Event, torch.cuda.Stream,
    )  # fmt: skip
    try:
        import triton
        from triton.runtime import autotuner, interpreter, jit
    except ImportError:  # kernels in plain torch do not need Triton
        return owners
    launchers = (jit.JITFunction, autotuner.Autotuner, interpreter.GridExecutor, interpreter.InterpretedFunction)
    return *owners, triton, triton.testing, *launchers


def _rule(owner: Any, name: str) -> str:
    where = owner.__name__
    if where in ("time", "Event", "Stream") or (where in ("torch.cuda", "triton.testing") and name in CLOCKS):
        return "clocks"
    return "launches" if where in LAUNCHERS else ""


def _by_torch(name: str, value: Any) -> bool:
    """Whether torch replaced this function itself, when its compiler was imported or its default dtype was set."""
    return name in ("manual_seed", "Storage") and str(getattr(value, "__module__", "")).startswith("torch")


def _settings() -> dict[str, Any]:
    """Return the global settings of torch that change the results of later operations."""
    import torch

    return {
        "torch's default dtype": torch.get_default_dtype(),
        "the number of torch's threads": torch.get_num_threads(),
        "deterministic algorithms": torch.are_deterministic_algorithms_enabled(),
        "flushing of denormals": _flushes_denormals(),
        "the precision of float32 products": torch.get_float32_matmul_precision(),
    }


def _flushes_denormals() -> bool:
    """Whether the CPU flushes denormals to zero; torch has no function that returns this."""
    import numpy as np

    return not np.float32(1e-40) * np.float32(0.5) > 0
