"""Compiling a kernel for a target: its host code runs on fixed cases and workloads, and its launches are compiled."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from pytest_kernelbench.host.answers import Answer, plain, shown
from pytest_kernelbench.host.client import Runner
from pytest_kernelbench.host.process import RunnerDied
from pytest_kernelbench.host.settings import START_SECONDS, compiling, confined
from pytest_kernelbench.judge.comparison.evidence import signature
from pytest_kernelbench.judge.correctness import facets
from pytest_kernelbench.judge.correctness.trial import whole
from pytest_kernelbench.model.case import Case
from pytest_kernelbench.model.code import Undecodable
from pytest_kernelbench.model.compiled import Compiled, compiled
from pytest_kernelbench.model.judging import JudgingSettings
from pytest_kernelbench.model.record import CompileRecord, Failure, RecordIdentity, stage_of
from pytest_kernelbench.model.submission import entry_points, modules_for
from pytest_kernelbench.model.targets import Target
from pytest_kernelbench.model.task import Task
from pytest_kernelbench.wire.protocol import MAX_TEXT

if TYPE_CHECKING:
    from pytest_kernelbench.model.submission import Kernel

MAX_KERNELS = 10_000
"""Specialisations of one kernel that a record keeps."""

RESOURCES = ("registers", "spills", "stack", "shared_bytes", "warps", "stages")
"""Resources of which a record has the largest value of all specialisations."""


class _Ended(Exception):
    """The compilation cannot go on; the fault has been noted."""


@dataclass(slots=True)
class _Fault:
    """Why a kernel does not compile."""

    status: str
    """One of `model.record.STATUSES`."""
    message: str
    case: Case | None = None
    reason: str | None = None
    """Kind of a `compile_error`, as in `CompileRecord.reason`."""
    facet: str = "load"
    """Facet of the case, or `load`."""


class Compilation:
    """Compiles one kernel for one target, once."""

    def __init__(
        self, kernel: Kernel, task: Task, target: Target, settings: JudgingSettings, identity: RecordIdentity
    ) -> None:
        self.kernel = kernel
        self.task = task
        self.target = target
        self.language = settings.language
        self.identity = identity
        self.settings = compiling(target.name, confined(settings, kernel.origin))
        self.timeout = settings.compile_timeout
        """Seconds for all cases together, counted from when the kernel is loaded."""
        self.deadline = 0.0
        """End of that time, on the monotonic clock."""
        self.kernels: list[Compiled] = []
        """Specialisations that were compiled or refused, in order."""
        self.notes: dict[str, None] = {}
        """Notes of the record, as ordered keys."""
        self.results: dict[str, str] = {}
        """Status by facet."""
        self.fault: _Fault | None = None
        """The first fault of the kernel."""
        self.raised: _Fault | None = None
        """The first exception of the host code that may be the kernel's fault rather than that of meta tensors."""
        self.launches = 0
        """Launches in all cases together."""
        self.examples = 0
        """Cases on which the host code returned."""
        self.label: str | None = None
        """`data_dependent` or `torch_only`, if the kernel is."""
        self.printed = ""
        """The end of what the kernel printed."""
        self.orphaned = False
        """Whether the runner died because its fork server did; the faults are then not the kernel's."""
        self._compiling: str | None = None
        """The specialisation that is being compiled."""
        self._facet = "load"
        """Facet of the current case."""

    def run(self) -> CompileRecord:
        """Compile and return the record; nothing that the kernel or the compiler does raises an exception here."""
        started = time.perf_counter()
        loaded = self._compile()
        fault = self._verdict()
        good = [each for each in self.kernels if each.error is None]
        return self.identity.compilation(
            status=fault.status if fault else "passed",
            stage=stage_of(self.results, loaded=loaded, ran=self.examples > 0),
            facets=dict(self.results),
            label=self.label,
            launches=self.launches,
            failure=Failure(fault.facet, fault.message, repr(fault.case) if fault.case else None) if fault else None,
            examples=self.examples,
            seconds=round(time.perf_counter() - started, 3),
            target=self.target.name,
            reason=fault.reason if fault else None,
            kernels=[asdict(each) for each in self.kernels],
            compile_seconds=round(sum(each.seconds for each in self.kernels), 3),
            notes=list(self.notes),
            **{name: _largest(good, name) for name in RESOURCES},
        )

    def _compile(self) -> bool:
        """Compile what the kernel launches and note what was found; return whether the kernel could be loaded."""
        runner = Runner(self.settings)
        loaded = False
        try:
            self._load(runner)
            loaded = True
            # Not before: the first runner of a session waits for its fork server.
            self.deadline = time.monotonic() + self.timeout
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
        return loaded

    def _load(self, runner: Runner) -> None:
        entries = entry_points(self.kernel, self.task)
        try:
            code = self.kernel.text()
        except Undecodable as error:
            raise self._end(_Fault("load_error", str(error))) from None
        helpers = modules_for(self.kernel, self.task)
        answer = runner.load(code, f"{self.kernel.task}.py", entries, self.timeout + START_SECONDS, helpers)
        if answer.status != "ok":
            status = answer.status if answer.status in ("crash", "unsupported") else "load_error"
            raise self._end(_Fault(status, answer.text))

    def _cases(self) -> Iterator[tuple[str, str, Case]]:
        """Yield facet, name and case: the plainest case, each dtype, the workloads, then the other fixed cases."""
        plainest, *others = facets.fixed_cases(self.task, "sizes")
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
        """Compile what the kernel launches on a case; raises `_Ended` on a timeout or a dead runner."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise self._end(self._timeout(case))
        before = len(self.kernels)
        try:
            header = runner.compile(
                case, signature(self.task), convention=self.task.calling_convention, timeout=left, seen=self._progress
            )
        except RunnerDied as death:
            raise self._end(self._dead(death, case)) from None
        self._count(header, name, case)
        for each in self.kernels[before:]:
            if each.error is not None and not each.tuned:
                self._blame(self._refused(each, case))

    def _blame(self, fault: _Fault) -> None:
        """Note a fault: the first one decides the record, and the first of each facet the status of that facet."""
        fault.facet = self._facet
        self.fault = self.fault or fault
        if self._facet != "load" and self.results.get(self._facet, "passed") == "passed":
            self.results[self._facet] = fault.status

    def _end(self, fault: _Fault) -> _Ended:
        self._blame(fault)
        return _Ended()

    def _progress(self, header: Mapping[str, Any]) -> None:
        """Note a specialisation that the compiler has started, or finished."""
        header = {name: shown(value, MAX_TEXT) if isinstance(value, str) else value for name, value in header.items()}
        self._compiling = None
        if header.get("done") is not True:
            self._compiling = f"{shown(header.get('name'), 200)}({shown(header.get('specialisation'), 2000)})"
            return
        try:
            done = compiled(header, self.target)
        except (ArithmeticError, LookupError, TypeError, ValueError):
            raise self._end(_Fault("crash", "inconsistent response from the runner")) from None
        if len(self.kernels) < MAX_KERNELS:
            self.kernels.append(done)

    def _count(self, header: Mapping[str, Any], name: str, case: Case) -> None:
        """Note the runner's last answer on a case: launches, and how the host code ended."""
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
        self.notes[f"{name or repr(case)}: not compiled: {answer.message.partition(chr(10))[0]}"] = None
        if raised.get("meta") is not True:
            self.raised = self.raised or _Fault(answer.status, answer.text, case, facet=self._facet)

    def _stopped(self, answer: Answer, case: Case) -> _Fault:
        """Return the fault of a call that the compiler ended, possibly in a configuration that the autotuner tried."""
        refused = [each for each in self.kernels if each.error is not None]
        if answer.status == "unsupported" or not refused:
            return _Fault("unsupported" if answer.status == "unsupported" else "compile_error", answer.text, case)
        return self._refused(refused[-1], case)

    def _refused(self, each: Compiled, case: Case) -> _Fault:
        """Return the fault of a specialisation that does not compile."""
        text = f"{each.name}({each.specialisation})\n{each.error}"
        return _Fault("compile_error", text, case, each.reason)

    def _dead(self, death: RunnerDied, case: Case | None = None) -> _Fault:
        """Return the fault of a runner that died; an abort while compiling is the compiler's."""
        self.orphaned |= death.orphaned
        if death.status == "timeout":
            return self._timeout(case)
        if self._compiling is None:
            return _Fault(death.status, str(death), case)
        how = str(death).replace("the kernel's process", "the compiler")
        return _Fault("compile_error", f"{how} while it compiled {self._compiling}", case, "signal")

    def _timeout(self, case: Case | None) -> _Fault:
        done = f"{len(self.kernels)} specialisations were compiled in {self.timeout:.0f} s (--kb-compile-timeout)"
        where = f"not done: {self._compiling}" if self._compiling else "the host code did not return"
        return _Fault("timeout", f"{done}; {where}", case)

    def _verdict(self) -> _Fault | None:
        """Return the fault that decides the record, such as that there was nothing to compile; None if it passed."""
        refused = [each for each in self.kernels if each.error is not None and each.tuned]
        if refused and self.fault is None:
            count = f"{len(refused)} autotune configurations do not compile here"
            self.notes[f"{count}; the first: {refused[0].error}"] = None
        if self.fault is not None:
            return self.fault
        if self.examples == 0:
            # No call returned, so what did compile is not everything that the kernel launches.
            return self.raised or _Fault("unsupported", "\n".join(["no case could be compiled", *self.notes]))
        if self.kernels:
            return None
        if self.raised is not None and self.raised.facet == "basic":
            return self.raised
        self.label = "torch_only"
        text = "it launches no Triton kernel, so there is nothing to compile"
        return _Fault("rejected" if self.language == "triton" else "unsupported", text, facet="basic")


def _largest(kernels: Sequence[Compiled], name: str) -> int | None:
    """Return the largest value of a resource; None if no kernel has it."""
    values = [getattr(each, name) for each in kernels]
    return max((value for value in values if value is not None), default=None)
