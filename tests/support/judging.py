"""Small tasks, kernels and answers, for tests of the judge."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_kernelbench import Case, Task
from pytest_kernelbench.host.answers import Answer, Output
from pytest_kernelbench.host.settings import RunnerSettings
from pytest_kernelbench.judge.comparison.compare import compare
from pytest_kernelbench.judge.comparison.evidence import Evidence, collect_evidence
from pytest_kernelbench.judge.comparison.oracle import Oracle
from pytest_kernelbench.judge.comparison.verdict import Verdict
from pytest_kernelbench.judge.correctness.case_trial import CaseTrial
from pytest_kernelbench.model.record import RecordIdentity
from pytest_kernelbench.model.submission import Kernel
from pytest_kernelbench.wire.conditions import ORDINARY, CallConditions
from pytest_kernelbench.wire.materialize import Arguments, materialize, refill

if TYPE_CHECKING:
    import torch


def task_of(reference: Callable[..., Any], case: Case, **options: Any) -> Task:
    """Return a task with one case."""
    return Task(reference, lambda draw, request: case, fixed_cases=(case,), **options)


def evidence_of(reference: Callable[..., Any], case: Case, **options: Any) -> Evidence:
    """Return the evidence for a case of a task with one case."""
    return collect_evidence(task_of(reference, case, **options), case)


def output(value: Any) -> Output:
    """Return a result as it comes back from a runner."""
    import torch

    if not isinstance(value, torch.Tensor):
        return Output(type(value).__name__, value=repr(value))
    return Output("Tensor", str(value.dtype).removeprefix("torch."), tuple(value.shape), tensor=value.contiguous())


def verdict(evidence: Evidence, *results: Any) -> Verdict:
    """Return the verdict on results."""
    return compare(evidence, [output(result) for result in results])


def right(evidence: Evidence, *results: torch.Tensor) -> bool:
    """Whether results are accepted."""
    return verdict(evidence, *results).mismatch is None


def kernel_of_text(text: str, task: str = "double") -> Kernel:
    """Return a kernel for a task, whose code is given as for a line of JSON."""
    return Kernel(task, "Math", Path("mine.jsonl"), text, 1, None, "sha")


def identity_of(kernel: Kernel, **fields: Any) -> RecordIdentity:
    """Return what a record of a kernel says before it is judged."""
    known: dict[str, Any] = {"submission": "mine", "variant": None, "task": kernel.task, "category": kernel.category,
                             "device": {"kind": "cpu"}, "versions": {}, "settings": {}, "started": ""}  # fmt: skip
    return RecordIdentity(**{**known, **fields})


class ScriptedTrial(CaseTrial):
    """A trial without a runner: the kernel is a function, called here with the conditions and the arguments by name."""

    def __init__(
        self, task: Task, function: Callable[..., Any], *, device: str = "interpreter", counts: Any = None
    ) -> None:
        """`counts` are those of every answer, or a function of the conditions that returns them."""
        super().__init__(kernel_of_text(""), task, Oracle(), RunnerSettings(device), 60)
        self.function = function
        self.counts = counts or {"launches": 1, "programs": 1}
        self.conditions: list[CallConditions] = []
        """Conditions of every call so far."""

    def ask(
        self, case: Case, max_bytes: int, conditions: CallConditions = ORDINARY, rewrite: Case | None = None
    ) -> Answer:
        self.conditions.append(conditions)
        arguments = materialize(case)
        values = arguments.passed(conditions.out_is)
        result = self.function(conditions, **values)
        if rewrite is not None:
            refill(arguments, rewrite)
            result = self.function(conditions, **values)
        if isinstance(result, Answer):
            return result
        counts = self.counts(conditions) if callable(self.counts) else self.counts
        return Answer(
            "ok",
            outputs=tuple(_seen(each, arguments) for each in (result if isinstance(result, tuple) else (result,))),
            memory=tuple(guarded.snapshot() for guarded in arguments.tensors),
            metadata=tuple([list(each.tensor.shape), list(each.tensor.stride())] for each in arguments.tensors),
            counts=counts,
            operations={"sin": counts.get("computed", 0)},
        )


def _seen(value: Any, arguments: Arguments) -> Output:
    """Return a result as a runner reports it, with the argument that it is or shares memory with."""
    import torch

    if not isinstance(value, torch.Tensor):
        return output(value)
    shared = [guarded for guarded in arguments.tensors if guarded.holds(value.data_ptr())]
    alias = shared[0].path if shared else None
    seen = replace(output(value.detach()), requires_grad=value.requires_grad)
    return replace(seen, alias=alias, same=bool(shared) and shared[0].tensor is value)
