"""Eager PyTorch's answers on a GPU: from a trusted runner there, since the judge itself never uses CUDA."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from pytest_kernelbench.judge.oracle import Elsewhere, OracleError, signature
from pytest_kernelbench.model.case import Case
from pytest_kernelbench.model.task import Task
from pytest_kernelbench.runner.child import RunnerDied, RunnerSettings
from pytest_kernelbench.runner.client import Runner

if TYPE_CHECKING:
    import torch

    from pytest_kernelbench.runner.answers import Answer

PATIENCE = 120.0
"""Seconds that the reference gets for one case, in a task's dtype."""

MOST_BYTES = 1 << 30
"""Bytes of all results of a reference."""

IEEE = """
import torch
torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = False
reference = task.reference
"""
"""What is added to a task's file: convolutions are in TF32 by default, which would widen every kernel's budget."""


class Yardstick:
    """Runs references on a GPU, one runner for the task at hand."""

    def __init__(self, device: str, code: Callable[[str], str]) -> None:
        """`device` is as runners are told; `code` gives the text of a task's file by the task's name."""
        # The reference is trusted code, and torch may have to compile for it.
        self._settings = RunnerSettings(device=device, sandbox="off")
        self._code = code
        self._runner: Runner | None = None
        self._name = ""

    def of(self, name: str) -> Elsewhere:
        """Return what runs the reference of a task."""
        return lambda task, case: self._eager(name, task, case)

    def close(self) -> None:
        """End the runner."""
        if self._runner is not None:
            self._runner.close()
            self._runner = None

    def _eager(self, name: str, task: Task, case: Case) -> list[torch.Tensor] | None:
        """Return the outputs; None where the GPU lacks an operation, or has no room."""
        try:
            runner = self._loaded(name)
            if runner is None:
                return None
            answer = runner.call(case, signature(task), driver=task.driver, most=MOST_BYTES, seconds=PATIENCE)
        except RunnerDied:
            self.close()
            return None
        return outputs(task, case, answer) if answer.status == "ok" else None

    def _loaded(self, name: str) -> Runner | None:
        if self._runner is not None and self._name == name and self._runner.alive:
            return self._runner
        self.close()
        self._runner, self._name = Runner(self._settings), name
        text = f"{self._code(name)}\n{IEEE}"
        loaded = self._runner.load(text, f"{name}.py", ["reference"])
        if loaded.status == "error":
            raise OracleError(loaded.message)
        return self._runner if loaded.status == "ok" else None


def outputs(task: Task, case: Case, answer: Answer) -> list[torch.Tensor] | None:
    """Return the results in an answer, and the arguments that the task updates; None where one is no plain tensor."""
    from pytest_kernelbench.judge.trial import updated

    tensors = [output.tensor for output in (*answer.outputs, *updated(task, case, answer))]
    found = [tensor for tensor in tensors if tensor is not None]
    return found if len(found) == len(tensors) else None
