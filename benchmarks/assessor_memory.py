"""Bytes that an assessor needs on its device for the workloads that need most, computed from shapes alone.

    python benchmarks/assessor_memory.py [--count 10]

The runs of the reference are made on fake tensors, whose memory is counted from their making to their end. To that come
the result of the kernel and the temporary tensors of one piece of the comparison.
"""

from __future__ import annotations

import argparse
import weakref
from collections import Counter
from typing import Any
from unittest.mock import patch

import torch
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode

from pytest_kernelbench.judge.comparison import evidence
from pytest_kernelbench.judge.comparison.pieces import PIECE_ELSEWHERE
from pytest_kernelbench.judge.speed.flops_and_bytes import flops_and_bytes
from pytest_kernelbench.model.case import Case, Tensor
from pytest_kernelbench.model.catalogue import Catalogue
from pytest_kernelbench.model.task import Task
from pytest_kernelbench.wire.materialize import Arguments, geometry, torch_dtype, values_of

TEMPORARIES = 25
"""Tensors of one piece, in float64, that the comparison has at a time."""

CANDIDATES = 40
"""Workloads that move the most bytes, among which those are that need the most memory."""


class Live(TorchDispatchMode):
    """Counts the bytes of all tensors that are alive."""

    def __init__(self) -> None:
        super().__init__()
        self.now, self.most = 0, 0
        self._tensors: Counter[int] = Counter()

    def add(self, tensor: torch.Tensor) -> None:
        """Count a tensor until it ends."""
        storage = tensor.untyped_storage()
        memory, size = storage._cdata, storage.nbytes()
        if not self._tensors[memory]:
            self.now += size
            self.most = max(self.most, self.now)
        self._tensors[memory] += 1
        weakref.finalize(tensor, self._end, memory, size)

    def _end(self, memory: int, size: int) -> None:
        self._tensors[memory] -= 1
        if not self._tensors[memory]:
            self.now -= size

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        for tensor in evidence.tensors_in(result):
            self.add(tensor)
        return result


def needed(task: Task, case: Case) -> tuple[int, int]:
    """Return the bytes of the evidence while it is collected at most, and those of a comparison with it."""
    live = Live()

    def make(path: str, recipe: Tensor) -> torch.Tensor:
        elements, strides, offset = geometry(recipe)
        tensor = torch.empty(elements, dtype=torch_dtype(recipe.dtype)).as_strided(recipe.shape, strides, offset)
        live.add(tensor)
        return tensor

    with (
        FakeTensorMode(),
        live,
        # Fake tensors have no contents: rows that seem independent by their shapes are taken to be so.
        patch.object(torch, "allclose", lambda *given, **named: True),
        patch.object(
            evidence, "materialize", lambda case, device=None, drawn_on=None: Arguments(values_of(case, make))
        ),
    ):
        found = evidence.collect_evidence(task, case, 1)
        results = sum(each.eager.numel() * each.eager.element_size() for each in found.expected)
        largest = max((each.exact.numel() for each in found.expected), default=0)
        compared = live.now + results + TEMPORARIES * 8 * min(largest, PIECE_ELSEWHERE)
    return live.most, compared


def main() -> None:
    """Print a row for each of the workloads that need most."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=10, help="how many workloads to print")
    count = parser.parse_args().count
    catalogue, sizes = Catalogue.find(), []
    for name in catalogue.names():
        task = catalogue.load(name)
        for workload, case in task.workloads.items():
            sizes.append((flops_and_bytes(task, case).moved_bytes, name, workload))
    rows = []
    for _, name, workload in sorted(sizes)[::-1][:CANDIDATES]:
        task = catalogue.load(name)
        try:
            collected, compared = needed(task, task.workloads[workload])
        except evidence.OracleError as error:
            print(f"{name} [{workload}]: {str(error)[:200]}")
            continue
        rows.append((max(collected, compared), collected, compared, name, workload))
    print("| workload | evidence, GB at most | comparison, GB |\n| --- | --- | --- |")
    for _, collected, compared, name, workload in sorted(rows)[::-1][:count]:
        print(f"| {name} [{workload}] | {collected / 1e9:.1f} | {compared / 1e9:.1f} |")


if __name__ == "__main__":
    main()
