"""Limits on workloads, which are meant for GPUs: what a CPU can time, and what the oracle can check in float64."""

from __future__ import annotations

import contextlib
from pathlib import Path

from pytest_kernelbench.judge.speed.flops_and_bytes import flops_and_bytes
from pytest_kernelbench.model.case import Case, leaves
from pytest_kernelbench.model.task import Task

MAX_BYTES = 64 << 20
"""Bytes that a workload may move on a CPU, so that a call takes about a tenth of a second on one core."""

MAX_INPUT_BYTES = 2 * MAX_BYTES
"""Bytes of the inputs on a CPU: a call that reads little of them is short, but to make and check them is not."""

MAX_FLOPS = 2_000_000_000
"""Multiplications and additions of matrix products on a CPU, for the same reason."""

MAX_CALL_SECONDS = 0.25
"""Seconds of one call of eager PyTorch on a CPU; the time of a decomposition cannot be told from its flops."""

MAX_SET_BYTES = 1 << 30
"""Bytes of all input sets of one runner."""

MAX_SETS = 64
"""Number of input sets."""

CACHE_BYTES = 32 << 20
"""Bytes of the last-level cache where Linux does not report it."""


def too_large(task: Task, case: Case) -> str | None:
    """Return why a workload is not timed on a CPU, from its flops and bytes; None if it is."""
    found = flops_and_bytes(task, case)
    if found.moved_bytes > MAX_BYTES:
        return f"it moves {_mib(found.moved_bytes)} MiB; at most {_mib(MAX_BYTES)} MiB are timed on a processor"
    if (size := input_bytes(case)) > MAX_INPUT_BYTES:
        return f"its inputs have {_mib(size)} MiB; at most {_mib(MAX_INPUT_BYTES)} MiB are made for a processor"
    if found.flops > MAX_FLOPS:
        limit = f"at most {MAX_FLOPS / 1e9:.0f} are timed on a processor"
        return f"it takes {found.flops / 1e9:.1f} billion operations; {limit}"
    return None


CACHE_ON_GPU = 128 << 20
"""Bytes of the largest L2 cache of any GPU, rounded up: that of a B200 has 126 MB."""


def too_slow(seconds: float) -> str | None:
    """Return why a workload is not timed on a CPU, from the seconds of one call of the baseline; None if it is."""
    if seconds <= MAX_CALL_SECONDS:
        return None
    return f"one call of eager takes {seconds:.2f} s here; at most {MAX_CALL_SECONDS} s are timed on a processor"


def input_sets(case: Case, cache_bytes: int) -> int:
    """Return the number of input sets to rotate: three times the cache, as far as memory allows, and at least 2."""
    size = max(1, input_bytes(case))
    enough = -(-3 * cache_bytes // size)
    return max(2, min(enough, MAX_SETS, MAX_SET_BYTES // size))


def input_bytes(case: Case) -> int:
    """Return the bytes of all tensors of a case."""
    return sum(recipe.nbytes for _, recipe in leaves(case))


def last_level_cache() -> int:
    """Return the bytes of the CPU's largest cache."""
    return max(_cache_sizes(), default=CACHE_BYTES)


def _cache_sizes() -> list[int]:
    """Return the bytes of each cache of the first core that Linux reports."""
    units = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30}
    sizes = []
    for path in Path("/sys/devices/system/cpu/cpu0/cache").glob("index*/size"):
        with contextlib.suppress(OSError, ValueError, KeyError):
            text = path.read_text().strip()
            sizes.append(int(text[:-1]) * units[text[-1]])
    return sizes


def _mib(size: int) -> int:
    return round(size / (1 << 20))
