"""From a kernel and a target to a record: host code runs on fixed cases and workloads, its launches are compiled."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pytest_kernelbench.judge import facets
from pytest_kernelbench.judge.oracle import signature
from pytest_kernelbench.judge.trial import whole
from pytest_kernelbench.model.case import Case
from pytest_kernelbench.model.compiled import Compiled, compiled
from pytest_kernelbench.model.record import CompileRecord, Failure, rung_of
from pytest_kernelbench.model.targets import Target
from pytest_kernelbench.model.task import Task
from pytest_kernelbench.runner.answers import MOST_TEXT, Answer, plain, shown
from pytest_kernelbench.runner.child import RunnerDied, RunnerSettings
from pytest_kernelbench.runner.client import Runner
from pytest_kernelbench.runner.workplaces import COMPILE

if TYPE_CHECKING:
    from pytest_kernelbench.model.submission import Kernel

MEMORY = 16 << 30
"""Bytes of address space that the compiler may take on top of what torch and Triton need."""

STARTING = 60
"""Seconds that a fork server may take to start, on a busy machine."""

MOST_KERNELS = 10_000
"""Specialisations of one kernel that are kept."""


class _Ended(Exception):
    """Nothing more can be found out."""


@dataclass(slots=True)
class _Fault:
    """Why a kernel does not compile."""

    status: str
    message: str
    case: Case | None = None
    reason: str | None = None
    facet: str = "load"


class Compilation:
    """One kernel, compiled for one target."""

    def __init__(
        self, kernel: Kernel, task: Task, target: Target, seconds: float, *, language: str, sandbox: str = "best"
    ) -> None:
        self.kernel = kernel
        self.task = task
        self.target = target
        self.language = language
        self.settings = RunnerSettings(f"{COMPILE}{target.name}", memory=MEMORY, sandbox=sandbox)
        self.seconds = seconds
        self.deadline = 0.0
        self.kernels: list[Compiled] = []
        self.notes: dict[str, None] = {}
        self.results: dict[str, str] = {}
        self.fault: _Fault | None = None
        self.raised: _Fault | None = None
        self.launches = 0
        self.examples = 0
        self.label: str | None = None
        self.printed = ""
        self.orphaned = False
        """Whether the runner died with its fork server: then nothing that was found is the kernel's doing."""
        self._at_work: str | None = None
        self._facet = "load"

    def run(self) -> CompileRecord:
        """Compile and return the record; never raises for anything that the kernel or the compiler does."""
        started, clock = datetime.now(UTC), time.perf_counter()
        runner = Runner(self.settings)
        loaded = False
        try:
            self._load(runner)
            loaded = True
            # The clock starts here: the first runner of a session waits for its fork server.
            self.deadline = time.monotonic() + self.seconds
            for facet, name, case in self._cases():
                self._facet = facet
                self._case(runner, name, case)
        except _Ended:
            pass
        except RunnerDied as death:
            self._blame(self._dead(death))
        finally:
            self.printed = runner.printed()
            runner.close()
        fault = self._verdict()
        good = [each for each in self.kernels if each.error is None]
        return CompileRecord(
            kind="compile",
            submission="",
            variant=self.kernel.variant,
            task=self.kernel.task,
            category=self.kernel.category,
            status=fault.status if fault else "passed",
            rung=rung_of(self.results, loaded=loaded, ran=self.examples > 0),
            facets=dict(self.results),
            label=self.label,
            launches=self.launches,
            failure=Failure(fault.facet, fault.message, repr(fault.case) if fault.case else None) if fault else None,
            examples=self.examples,
            seconds=round(time.perf_counter() - clock, 3),
            started=started.isoformat(timespec="seconds"),
            kernel_sha256=self.kernel.sha256,
            target=self.target.name,
            reason=fault.reason if fault else None,
            kernels=[asdict(each) for each in self.kernels],
            compile_seconds=round(sum(each.seconds for each in self.kernels), 3),
            notes=list(self.notes),
            registers=_most(good, "registers"),
            spills=_most(good, "spills"),
            stack=_most(good, "stack"),
            shared_bytes=_most(good, "shared_bytes"),
            warps=_most(good, "warps"),
            stages=_most(good, "stages"),
        )

    def _load(self, runner: Runner) -> None:
        entries = [name for name in (self.kernel.task, "kernel_function", self.task.entry) if name]
        answer = runner.load(self.kernel.text(), f"{self.kernel.task}.py", entries, self.seconds + STARTING)
        if answer.status != "ok":
            status = answer.status if answer.status in ("crash", "unsupported") else "load_error"
            raise self._end(_Fault(status, _said(answer)))

    def _cases(self) -> Iterator[tuple[str, str, Case]]:
        """Yield facet, name and case: the plainest case, each dtype, the workloads, then the rest of the spine."""
        plainest, *others = facets.spine(self.task, "sizes")
        cases = [
            ("basic", "", plainest),
            *(("dtypes", "", facets.in_dtype(self.task, plainest, dtype)) for dtype in self.task.dtypes),
            *(("sizes", f"workload {name}", case) for name, case in self.task.workloads.items()),
            *(("sizes", "", case) for case in others),
        ]
        seen: set[Case] = set()
        for facet, name, case in cases:
            if case not in seen:
                seen.add(case)
                yield facet, name, case

    def _case(self, runner: Runner, name: str, case: Case) -> None:
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise self._end(self._late(case))
        before = len(self.kernels)
        try:
            header = runner.compile(
                case, signature(self.task), driver=self.task.driver, seconds=left, seen=self._progress
            )
        except RunnerDied as death:
            raise self._end(self._dead(death, case)) from None
        self._count(header, name, case)
        for each in self.kernels[before:]:
            if each.error is not None and not each.tuned:
                self._blame(self._refused(each, case))

    def _blame(self, fault: _Fault) -> None:
        """Take note of a fault; the first of all is the kernel's, the first of each facet is the facet's."""
        fault.facet = self._facet
        self.fault = self.fault or fault
        if self._facet != "load" and self.results.get(self._facet, "passed") == "passed":
            self.results[self._facet] = fault.status

    def _end(self, fault: _Fault) -> _Ended:
        self._blame(fault)
        return _Ended()

    def _progress(self, header: Mapping[str, Any]) -> None:
        """Take note of a specialisation that the compiler has begun, or done with."""
        header = {name: shown(value, MOST_TEXT) if isinstance(value, str) else value for name, value in header.items()}
        self._at_work = None
        if header.get("done") is not True:
            self._at_work = f"{shown(header.get('name'), 200)}({shown(header.get('specialisation'), 2000)})"
            return
        try:
            done = compiled(header, self.target)
        except (ArithmeticError, LookupError, TypeError, ValueError):
            raise self._end(_Fault("crash", "the runner's answer does not hold together")) from None
        if len(self.kernels) < MOST_KERNELS:
            self.kernels.append(done)

    def _count(self, header: Mapping[str, Any], name: str, case: Case) -> None:
        if header.get("status") != "ok":
            answer = plain(dict(header))
            raise self._end(_Fault(answer.status, answer.message, case))
        launches, raised = whole(header.get("launches")), header.get("raised")
        self.launches += launches
        if header.get("data_dependent") is True:
            self.label = "data_dependent"
        if not isinstance(raised, dict):
            self.examples += 1
            if launches:
                self.results.setdefault(self._facet, "passed")
            return
        answer = plain(raised)
        if raised.get("compiler") is True:
            self._blame(self._stopped(answer, case))
            return
        self.notes[f"{name or repr(case)}: not looked at: {answer.message.partition(chr(10))[0]}"] = None
        if raised.get("hollow") is not True:
            self.raised = self.raised or _Fault(answer.status, _said(answer), case, facet=self._facet)

    def _stopped(self, answer: Answer, case: Case) -> _Fault:
        """Return why the compiler ended a call, which a configuration that the autotuner tried can do as well."""
        refused = [each for each in self.kernels if each.error is not None]
        if answer.status == "unsupported" or not refused:
            return _Fault("unsupported" if answer.status == "unsupported" else "compile_error", _said(answer), case)
        return self._refused(refused[-1], case)

    def _refused(self, each: Compiled, case: Case) -> _Fault:
        text = f"{each.name}({each.specialisation})\n{each.error}"
        return _Fault("compile_error", text, case, each.reason)

    def _dead(self, death: RunnerDied, case: Case | None = None) -> _Fault:
        self.orphaned |= death.orphaned
        if self._at_work is None:
            return self._late(case) if death.status == "timeout" else _Fault(death.status, str(death), case)
        if death.status == "timeout":
            return self._late(case)
        how = str(death).replace("the kernel's process", "the compiler")
        return _Fault("compile_error", f"{how} while it compiled {self._at_work}", case, "signal")

    def _late(self, case: Case | None) -> _Fault:
        done = f"{len(self.kernels)} specialisations were compiled in {self.seconds:.0f} s (--kb-compile-timeout)"
        where = f"not done: {self._at_work}" if self._at_work else "the host code did not end"
        return _Fault("timeout", f"{done}; {where}", case)

    def _verdict(self) -> _Fault | None:
        """Return what the kernel failed by: the compiler, or that there was nothing to compile."""
        bad = [each for each in self.kernels if each.error is not None and each.tuned]
        if bad and self.fault is None:
            self.notes[f"{len(bad)} autotune configurations do not compile here; the first: {bad[0].error}"] = None
        if self.fault is not None:
            return self.fault
        if self.examples == 0:
            # Not one call came to its end: what did compile is not all that the kernel launches.
            return self.raised or _Fault("unsupported", "\n".join(["no case could be looked at", *self.notes]))
        if self.kernels:
            return None
        if self.raised is not None and self.raised.facet == "basic":
            return self.raised
        self.label = "torch_only"
        text = "it launches no Triton kernel: there is nothing to compile"
        return _Fault("rejected" if self.language == "triton" else "unsupported", text, facet="basic")


def _said(answer: Answer) -> str:
    return "\n".join([answer.message, *(f"  {frame}" for frame in answer.frames)])


def _most(kernels: Sequence[Compiled], name: str) -> int | None:
    values = [getattr(each, name) for each in kernels]
    return max((value for value in values if value is not None), default=None)
