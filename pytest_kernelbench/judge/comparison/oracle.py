"""The oracle: a cache of evidence by task and case, which all kernels of a session share."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

from pytest_kernelbench.judge.comparison.evidence import EagerRunner, Evidence, collect_evidence
from pytest_kernelbench.model.case import Case
from pytest_kernelbench.model.locks import PROCESS_LOCK
from pytest_kernelbench.model.task import Task

MAX_CASES = 8192
"""Cases whose evidence is kept: all kernels of a task are tried on the same fixed cases."""

MAX_BYTES = 256 << 20
"""Bytes of the evidence that is kept."""


class Oracle:
    """Returns the evidence for a task and case, and keeps what was used most recently; thread-safe."""

    def __init__(self, eager_runner: Callable[[str], EagerRunner] | None = None) -> None:
        """`eager_runner` returns the eager runner of a task by its name; None runs eager PyTorch here, on the CPU."""
        self._known: OrderedDict[tuple[str, str], Evidence] = OrderedDict()
        self._bytes = 0
        self._eager_runner = eager_runner
        self.seconds = 0.0
        """Time spent on collecting evidence."""

    def __call__(self, name: str, task: Task, case: Case, *, here: bool = False) -> Evidence:
        """Return the evidence for a case of the task of that name; raises `OracleError`.

        With `here`, eager PyTorch runs in this process, on the CPU.
        """
        key = (name, repr(case))
        with PROCESS_LOCK:  # references run under a fixed random state of the whole process
            if key in self._known:
                self._known.move_to_end(key)
                return self._known[key]
            started = time.perf_counter()
            self._known[key] = evidence = collect_evidence(
                task,
                case,
                eager_runner=None if here else self.eager_runner(name),
                tensor_cores=self._eager_runner is not None,
            )
            self.seconds += time.perf_counter() - started
            self._bytes += evidence.bytes
            while len(self._known) > 1 and (len(self._known) > MAX_CASES or self._bytes > MAX_BYTES):
                self._bytes -= self._known.popitem(last=False)[1].bytes
            return evidence

    def eager_runner(self, name: str) -> EagerRunner | None:
        """Return the eager runner of the task of that name; None if eager PyTorch runs here, on the CPU."""
        return self._eager_runner(name) if self._eager_runner is not None else None
