"""Which workloads a processor can be asked for: they are made for GPUs, and the oracle needs float64 copies of them."""

from __future__ import annotations

import contextlib
from pathlib import Path

from pytest_kernelbench.judge.work import Work, work
from pytest_kernelbench.model.case import Case, leaves
from pytest_kernelbench.model.task import Task

MOST_BYTES = 192 << 20
"""Bytes that a workload may move on a processor: as float64, with the oracle's copies, some 4 GiB of float16."""

MOST_FLOPS = 5_000_000_000
"""Multiplications and additions of products on a processor: about half a second on one core."""

MOST_CALL_SECONDS = 0.25
"""Seconds of one call of eager PyTorch on a processor: what is counted says little of a decomposition."""

MOST_SET_BYTES = 1 << 30
"""Memory for all input sets of one side."""

MOST_SETS = 64

CACHE_BYTES = 32 << 20
"""Last-level cache where Linux does not say."""


def too_large(task: Task, case: Case) -> str | None:
    """Return why a workload is not timed on a processor, by the work that it is; None where it is."""
    found: Work = work(task, case)
    if found.moved_bytes > MOST_BYTES:
        return f"it moves {_mib(found.moved_bytes)} MiB; at most {_mib(MOST_BYTES)} MiB are timed on a processor"
    if found.flops > MOST_FLOPS:
        limit = f"at most {MOST_FLOPS / 1e9:.0f} are timed on a processor"
        return f"it takes {found.flops / 1e9:.1f} billion operations; {limit}"
    return None


MOST_BYTES_ON_GPU = 1 << 30
"""The same two for a workload on a GPU, whose result the oracle still checks on the processor."""

MOST_FLOPS_ON_GPU = 1_000_000_000_000

CACHE_ON_GPU = 128 << 20
"""Bytes of the largest L2 of a GPU so far: that of a B200 has 126 MB."""


def too_large_to_check(task: Task, case: Case) -> str | None:
    """Return why the oracle cannot check a workload that a GPU could run; None where it can."""
    found = work(task, case)
    if found.moved_bytes <= MOST_BYTES_ON_GPU and found.flops <= MOST_FLOPS_ON_GPU:
        return None
    size = f"{_mib(found.moved_bytes)} MiB and {found.flops / 1e9:.0f} billion operations"
    most = f"{_mib(MOST_BYTES_ON_GPU)} MiB and {MOST_FLOPS_ON_GPU / 1e9:.0f} billion"
    return f"the oracle checks results on the processor: it has {size}; at most {most} are checked"


def too_slow(seconds: float) -> str | None:
    """Return why a workload is not timed on a processor, by the seconds of one call of the baseline."""
    if seconds <= MOST_CALL_SECONDS:
        return None
    return f"one call of eager takes {seconds:.2f} s here; at most {MOST_CALL_SECONDS} s are timed on a processor"


def input_sets(case: Case, cache_bytes: int) -> int:
    """Return how many input sets are used in turn: at least 2, and three times the cache as far as memory allows."""
    size = max(1, sum(recipe.nbytes for _, recipe in leaves(case)))
    wanted = -(-3 * cache_bytes // size)
    return max(2, min(wanted, MOST_SETS, MOST_SET_BYTES // size))


def last_level_cache() -> int:
    """Return the bytes of the processor's largest cache."""
    sizes = [CACHE_BYTES] if not (found := list(_caches())) else found
    return max(sizes)


def _caches() -> list[int]:
    units = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30}
    sizes = []
    for path in Path("/sys/devices/system/cpu/cpu0/cache").glob("index*/size"):
        with contextlib.suppress(OSError, ValueError, KeyError):
            text = path.read_text().strip()
            sizes.append(int(text[:-1]) * units[text[-1]])
    return sizes


def _mib(size: int) -> int:
    return round(size / (1 << 20))
