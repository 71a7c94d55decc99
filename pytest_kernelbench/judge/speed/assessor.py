"""The judge's end of an assessor: a trusted process that compares results on the device where kernels are timed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any, NamedTuple

from pytest_kernelbench.host.fork_servers import Remote
from pytest_kernelbench.host.process import Child, RunnerDied
from pytest_kernelbench.host.settings import RunnerSettings
from pytest_kernelbench.judge.comparison.evidence import OracleError
from pytest_kernelbench.judge.comparison.verdict import Mismatch, Verdict
from pytest_kernelbench.model.case import Case
from pytest_kernelbench.model.case_codec import encode

MEMORY = 24 << 30
"""Bytes of memory of an assessor on the CPU."""


class AssessorProcess(Child):
    """The process; see `assessing`."""

    main = Remote("pytest_kernelbench.judge.speed.assessing:serve")


class RawAnswer(NamedTuple):
    """The response of a runner to a call, as it arrived."""

    header: Mapping[str, Any]
    body: bytes
    memory: Mapping[str, int]
    """Bytes of the memory of every tensor argument by its path, as the judge computes them."""


class Expected(NamedTuple):
    """What is known of a case before a kernel is called on it."""

    max_bytes: int
    """Bytes of outputs that a runner may send."""
    inputs: Mapping[str, str]
    """Checksums of the arguments by name."""


class Assessment(NamedTuple):
    """What an assessor says about an answer."""

    verdict: Verdict
    breach: str | None
    """How the call broke the contract, or None."""


class Assessor:
    """Knows what is right for the cases of one task at a time; its process serves all kernels of a session."""

    def __init__(self, device: str, code: Callable[[str], str]) -> None:
        """`device` is the device of `RunnerSettings`; `code` returns the text of a task's file by the task's name."""
        self._settings = RunnerSettings(device, memory=MEMORY, cpu=None, sandbox="off")
        self._code = code
        self._process: AssessorProcess | None = None
        self._name = ""

    def expect(self, name: str, case: Case, timeout: float) -> Expected:
        """Collect the evidence for a case of a task; raises `OracleError`."""
        self._load(name, timeout)
        found = self._ask({"op": "expect", "case": encode(case)}, timeout)
        return Expected(found["max_bytes"], found["inputs"])

    def assess(
        self,
        name: str,
        case: Case,
        answer: RawAnswer,
        *,
        out_is: str | None,
        on_gpu: bool,
        timeout: float,
        turn: AbstractContextManager[object] | None = None,
    ) -> Assessment:
        """Compare an answer with the evidence for a case; raises `OracleError`.

        The device is used within `turn` only, and not while the answer is sent.
        """
        self._load(name, timeout)
        self._ask({"op": "answer"}, timeout, answer.body)
        request = {
            "op": "assess",
            "case": encode(case),
            "answer": dict(answer.header),
            "memory": dict(answer.memory),
            "out_is": out_is,
            "on_gpu": on_gpu,
        }
        with turn or nullcontext():
            found = self._ask(request, timeout)
        mismatch = Mismatch(*found["mismatch"]) if found["mismatch"] is not None else None
        return Assessment(Verdict(found["grade"], mismatch), found["breach"])

    def start(self) -> None:
        """Start the process, so that it enters the device while others start."""
        if self._process is None or not self._process.alive:
            self.close()
            self._process = AssessorProcess(self._settings)

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.close()
        self._process, self._name = None, ""

    @property
    def pid(self) -> int | None:
        """Id of the process, if there is one."""
        return self._process.pid if self._process is not None else None

    def _load(self, name: str, timeout: float) -> None:
        self.start()
        if self._name != name:
            self._ask({"op": "task", "code": self._code(name), "filename": f"{name}.py"}, timeout)
            self._name = name

    def _ask(self, request: dict[str, Any], timeout: float, body: bytes = b"") -> dict[str, Any]:
        assert self._process is not None
        try:
            self._process.ready(timeout)
            header, _ = self._process.ask(request, max_bytes=0, timeout=timeout, body=body)
        except RunnerDied as death:
            printed = self._process.printed()
            self.close()
            raise OracleError(f"the process that compares results on the device: {death}\n{printed}".rstrip()) from None
        if header["status"] != "ok":
            raise OracleError(str(header["message"]))
        return header
