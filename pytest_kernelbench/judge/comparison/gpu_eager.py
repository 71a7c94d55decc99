"""Eager PyTorch's results on a GPU, from a trusted runner there: the judge itself never uses CUDA."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from pytest_kernelbench.host.client import Runner
from pytest_kernelbench.host.process import RunnerDied
from pytest_kernelbench.host.settings import RunnerSettings
from pytest_kernelbench.judge.comparison.evidence import EagerRunner, OracleError, signature
from pytest_kernelbench.judge.comparison.outputs import updated
from pytest_kernelbench.model.case import Case
from pytest_kernelbench.model.task import Task
from pytest_kernelbench.model.turns import UNDIVIDED, Turns

if TYPE_CHECKING:
    import torch

    from pytest_kernelbench.host.answers import Answer

TIMEOUT = 120.0
"""Seconds that the reference may take for one case, in the case's dtype."""

MAX_BYTES = 1 << 30
"""Bytes of all results of a reference."""

IEEE = """
import torch
torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = False
reference = task.reference
"""
"""Appended to a task's file: cuDNN convolutions use TF32 by default, which would widen every kernel's tolerance."""


class GpuEager:
    """Runs references on a GPU, in one runner that loads one task after the other: starting takes seconds there."""

    def __init__(self, device: str, code: Callable[[str], str], turns: Turns = UNDIVIDED) -> None:
        """`device` is the device of `RunnerSettings`; `code` returns the text of a task's file by the task's name.

        `turns` says when the device may be used.
        """
        # The reference is trusted code, and torch may have to compile for it.
        self._settings = RunnerSettings(device=device, sandbox="off")
        self._code = code
        self._turns = turns
        self._runner: Runner | None = None
        self._name = ""

    def of(self, name: str) -> EagerRunner:
        """Return the eager runner of a task."""
        return lambda task, case: self._eager(name, task, case)

    def close(self) -> None:
        """End the runner."""
        if self._runner is not None:
            self._runner.close()
            self._runner = None

    def _eager(self, name: str, task: Task, case: Case) -> list[torch.Tensor] | None:
        """Return the outputs, or None if the GPU lacks an operation or memory."""
        try:
            runner = self._loaded(name)
            if runner is None:
                return None
            with self._turns.beside():
                answer = runner.call(
                    case, signature(task), convention=task.calling_convention, max_bytes=MAX_BYTES, timeout=TIMEOUT
                )
        except RunnerDied:
            self.close()
            return None
        return _tensors_of(task, case, answer) if answer.status == "ok" else None

    def _loaded(self, name: str) -> Runner | None:
        if self._runner is not None and not self._runner.alive:
            self.close()
        if self._runner is None:
            self._runner, self._name = Runner(self._settings), ""
        if self._name != name:
            loaded = self._runner.load(f"{self._code(name)}\n{IEEE}", f"{name}.py", ["reference"])
            if loaded.status == "error":
                raise OracleError(loaded.message)
            if loaded.status != "ok":
                return None
            self._name = name
        return self._runner


def _tensors_of(task: Task, case: Case, answer: Answer) -> list[torch.Tensor] | None:
    """Return the results in an answer, then the updated arguments; None if one of them is not a plain tensor."""
    tensors = [output.tensor for output in (*answer.outputs, *updated(task, case, answer))]
    found = [tensor for tensor in tensors if tensor is not None]
    return found if len(found) == len(tensors) else None
