"""The main function of an assessor: a trusted process that knows what is right, on the device where kernels are timed.

It makes the inputs of a case on its device, runs the reference there in float64, and compares there, in pieces. It runs
no code of a kernel: what a kernel has computed arrives as bytes.
"""

from __future__ import annotations

import contextlib
import os
import socket
import sys
import warnings
from collections.abc import Sequence
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path
from types import ModuleType
from typing import Any

from pytest_kernelbench.host.answers import Output, answer
from pytest_kernelbench.judge.comparison.compare import compare
from pytest_kernelbench.judge.comparison.evidence import Evidence, ExpectedOutput, OracleError, collect_evidence
from pytest_kernelbench.judge.comparison.nested import changed
from pytest_kernelbench.judge.comparison.outputs import updated
from pytest_kernelbench.judge.comparison.verdict import Verdict
from pytest_kernelbench.judge.correctness.breach import breach
from pytest_kernelbench.model.case import Case
from pytest_kernelbench.model.case_codec import decode
from pytest_kernelbench.model.task import Task
from pytest_kernelbench.sandbox import limits
from pytest_kernelbench.wire import protocol
from pytest_kernelbench.wire.checksums import checksums
from pytest_kernelbench.wire.device_names import CUDA, on_gpu

MAX_BODY = 1 << 40
"""Bytes of a request: the judge has limited what a kernel may return."""

DRAWS = 1
"""Perturbations that measure the sensitivity of a result."""

KEPT = 2
"""Cases whose evidence is kept: the one that is compared now, and the first, which each replicate begins with."""

ON_DEVICE = ("values", "gathered", "dropout", "quantised", "residual")
"""Comparisons that are made on the device; for the others, evidence and outputs are moved to the CPU."""


def serve(channel: socket.socket, output: Connection, home: str, device: str, confinement: dict[str, Any]) -> None:
    """Run an assessor until its channel closes; this is the target of a new process, with a runner's arguments.

    There is no sandbox, as for baselines: references may compile and read files.
    """
    for number in (1, 2):
        os.dup2(output.fileno(), number)
    output.close()
    for name in ("sandbox", "origin", "environment"):
        confinement.pop(name)
    sys.path += confinement.pop("paths")
    placed = _placed(device)
    limits.apply(Path(home), **{**confinement, "cpu": None})
    protocol.send(channel, {"status": "ready", "failed": {}, "enclosed": True, "listens": False})
    assessing = Assessing(placed)
    while True:
        try:
            request, body = protocol.receive(channel, max_bytes=MAX_BODY)
        except protocol.Closed:
            return
        protocol.send(channel, {**assessing.respond(request, body), "number": request["number"]})


def _placed(device: str) -> str | None:
    """Enter the device and return its name in torch; None for the CPU."""
    if not on_gpu(device):
        return None
    os.environ["CUDA_VISIBLE_DEVICES"] = device.removeprefix(CUDA)
    import torch

    # TF32 in the baseline's results would widen every kernel's tolerance.
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = False
    torch.ones(1, device="cuda:0").sum().item()
    return "cuda:0"


class Assessing:
    """What an assessor knows: a task, and the evidence for its latest cases."""

    def __init__(self, device: str | None) -> None:
        self.device = device
        """Name of the device in torch; None for the CPU."""
        self.task: Task | None = None
        self.evidence: dict[str, Evidence] = {}
        """Evidence by the text of the case, the latest last."""
        self.body = b""
        """The body of the answer that is assessed next."""

    def respond(self, request: dict[str, Any], body: bytes) -> dict[str, Any]:
        """Return the header of the response to one request."""
        try:
            if request["op"] == "task":
                self.task, self.evidence = _task_of(request["code"], request["filename"]), {}
                return {"status": "ok"}
            if request["op"] == "answer":
                self.body = body
                return {"status": "ok"}
            case: Case = decode(request["case"])
            if request["op"] == "expect":
                evidence = self.evidence_of(case)
                return {"status": "ok", "max_bytes": evidence.max_bytes, "inputs": checksums(evidence.arguments)}
            answered, self.body = self.body, b""
            return {"status": "ok", **self.assess(case, request, answered)}
        except OracleError as error:
            return {"status": "error", "message": str(error)}
        except Exception as error:  # an error in kernelbench, which costs one record and not the process
            return {"status": "error", "message": f"{type(error).__name__}: {error}"}
        finally:
            self._release()

    def evidence_of(self, case: Case) -> Evidence:
        """Return the evidence for a case, collected on the device, or on the CPU if the device cannot."""
        key = repr(case)
        if key not in self.evidence:
            assert self.task is not None
            while len(self.evidence) >= KEPT:
                # The first case stays.
                del self.evidence[[*self.evidence][-1]]
            self.evidence[key] = self._collected(self.task, case)
        return self.evidence[key]

    def _collected(self, task: Task, case: Case) -> Evidence:
        if self.device is None:
            return collect_evidence(task, case, DRAWS)
        on_gpu = self.device.startswith("cuda")
        try:
            evidence = collect_evidence(task, case, DRAWS, None, self.device, self.device, tensor_cores=on_gpu)
        except OracleError:  # the device lacks an operation, or memory
            self._release()
            return collect_evidence(task, case, DRAWS, drawn_on=self.device, tensor_cores=on_gpu)
        return moved(evidence, self.device if task.compare in ON_DEVICE else "cpu")

    def _release(self) -> None:
        """Return unused memory to a GPU, for the kernel that is timed there."""
        import torch

        if self.device is not None and self.device.startswith("cuda"):
            with contextlib.suppress(RuntimeError):
                torch.cuda.empty_cache()

    def _compared(self, evidence: Evidence, outputs: Sequence[Output]) -> Verdict:
        """Compare where the evidence is, or on the CPU if that device cannot."""
        device = str(evidence.expected[0].exact.device) if evidence.expected else "cpu"
        try:
            return compare(evidence, [replace(each, tensor=_to(each.tensor, device)) for each in outputs])
        except RuntimeError:
            if device == "cpu":
                raise
            self._release()
        return compare(moved(evidence, "cpu"), outputs)

    def assess(self, case: Case, request: dict[str, Any], body: bytes) -> dict[str, Any]:
        """Return breach, grade and mismatch of an answer, whose header and body are those of a runner."""
        assert self.task is not None
        found = answer(request["answer"], body, request["memory"])
        outputs = [*found.outputs, *updated(self.task, case, found)]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            verdict = self._compared(self.evidence_of(case), outputs)
        mismatch = verdict.mismatch
        return {
            "breach": breach(self.task, case, found, request["out_is"], on_gpu=request["on_gpu"], drawn_on=self.device),
            "grade": verdict.grade,
            "mismatch": None if mismatch is None else [mismatch.status, mismatch.message],
        }


def moved(evidence: Evidence, device: str) -> Evidence:
    """Return evidence whose tensors are all on one device."""

    def there(expected: ExpectedOutput) -> ExpectedOutput:
        exact, eager = expected.exact.to(device), expected.eager.to(device)
        return replace(expected, exact=exact, eager=eager, spread=_to(expected.spread, device))

    return replace(
        evidence,
        arguments={name: changed(value, lambda each: _to(each, device)) for name, value in evidence.arguments.items()},
        expected=tuple(there(each) for each in evidence.expected),
        kept_and_dropped=tuple(moved(each, device) for each in evidence.kept_and_dropped),
    )


def _to(value: Any, device: str) -> Any:
    import torch

    return value.to(device) if isinstance(value, torch.Tensor) else value


def _task_of(code: str, filename: str) -> Task:
    """Return the task that the text of its file defines."""
    module = ModuleType("assessed_task")
    module.__file__ = filename
    sys.modules[module.__name__] = module
    exec(compile(code, filename, "exec"), module.__dict__)
    task: Task = module.__dict__["task"]
    return task
