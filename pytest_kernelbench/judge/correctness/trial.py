"""A kernel under trial: its runner, which is replaced when it dies, and what all calls have shown so far."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from pytest_kernelbench.host.answers import Answer, Output
from pytest_kernelbench.host.client import Runner
from pytest_kernelbench.host.kept_code import KeptCode
from pytest_kernelbench.host.process import RunnerDied
from pytest_kernelbench.host.settings import START_SECONDS, RunnerSettings
from pytest_kernelbench.host.spares import Spares
from pytest_kernelbench.judge.comparison.compare import compare
from pytest_kernelbench.judge.comparison.evidence import Evidence
from pytest_kernelbench.judge.comparison.oracle import Oracle
from pytest_kernelbench.judge.comparison.outputs import updated
from pytest_kernelbench.judge.comparison.verdict import Verdict
from pytest_kernelbench.judge.correctness.blame import ask_about_loading, ask_the_compiler
from pytest_kernelbench.judge.correctness.breach import breach
from pytest_kernelbench.judge.correctness.explanations import wanted_signature
from pytest_kernelbench.judge.correctness.reading import refused_reading
from pytest_kernelbench.model.case import Case
from pytest_kernelbench.model.code import Undecodable
from pytest_kernelbench.model.submission import entry_points, modules_for
from pytest_kernelbench.model.task import Task
from pytest_kernelbench.model.turns import UNDIVIDED, Turns
from pytest_kernelbench.wire.device_names import on_gpu

if TYPE_CHECKING:
    from pytest_kernelbench.model.domain import Domain
    from pytest_kernelbench.model.submission import Kernel

CALL_SHARE = 0.25
"""Share of a kernel's time limit that one call may take, so that a hang does not use up all of it."""


class Finding(AssertionError):
    """A failure of a kernel: its status, the message for the user, and the case that shows it."""

    def __init__(self, status: str, message: str, case: Case | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.case = case


class Trial:
    """One kernel in a runner, and the assessment of its answers; subclasses define how the kernel is called."""

    def __init__(self, kernel: Kernel, task: Task, oracle: Oracle, settings: RunnerSettings, timeout: float) -> None:
        import torch  # noqa: F401 - the first import takes seconds, which must not count as the kernel's time

        self.kernel = kernel
        self.task = task
        self.oracle = oracle
        self.settings = settings
        self.timeout = timeout
        """Seconds for all calls of the kernel together."""
        self.deadline = time.monotonic() + timeout
        """End of the kernel's time, on the monotonic clock."""
        self.turns: Turns = UNDIVIDED
        """When the kernel may use the device."""
        self.waited = 0.0
        """Seconds of waiting for turns, which are not the kernel's time."""
        self.spares: Spares | None = None
        """Runners that were started before they were needed; None where each is started when it is needed."""
        self.kept: KeptCode | None = None
        """What Triton has compiled for this kernel, for later runners; None where nothing is kept."""
        self.runner: Runner | None = None
        """The current runner; None before `load` and after a runner has died."""
        self.grade = "ieee"
        """Lowest grade of all right answers so far: `ieee` or `tf32`."""
        self.launches = 0
        """Largest number of launches of one call."""
        self.examples = 0
        """Number of calls that were assessed."""
        self.violation: Finding | None = None
        """The first breach of contract that was seen, in any facet."""
        self.printed = ""
        """The end of what the kernel printed, set by `close`."""
        self.orphaned = False
        """Whether a runner died because its fork server did; the findings are then not the kernel's fault."""
        self.ran: set[int] = set()
        """Lines of the kernel's file that have run; known on the interpreter only."""
        self.launched: dict[Case, bool] = {}
        """Whether the kernel launched something on each case on which it was right."""
        self.domain: Domain | None = None
        """What the kernel declares that it takes; None where it declares nothing."""
        self.refusals: dict[str, Finding] = {}
        """The first refusal of each facet: an exception of the kernel's own before any launch."""
        self.excluded: set[str] = set()
        """Facets with cases outside of the domain, which were not tried."""
        self.taken: set[str] = set()
        """Facets with cases that the kernel took, and was right on."""
        self.observed: dict[str, str] = {}
        """What the kernel does besides computing, each with the rule of the audit that it breaks or an empty text."""
        self._asked: dict[str, tuple[str, str]] = {}
        """Status and message by the text of a failure, where the compiler was asked about it."""

    @property
    def expired(self) -> bool:
        """Whether the kernel's time is up."""
        return time.monotonic() >= self.deadline

    @property
    def on_gpu(self) -> bool:
        """Whether the kernel runs on a real GPU."""
        return on_gpu(self.settings.device)

    @contextlib.contextmanager
    def beside_in_pieces(self) -> Iterator[Callable[[bool], float] | None]:
        """Call the kernel while others may use the device, too; yields what gives the turn back, and gets a new one.

        That is what `host.client.Runner` calls where the kernel is compiled meanwhile; None where no turns are needed.
        """
        with contextlib.ExitStack() as held:

            def pauses(unused: bool) -> float:
                started = time.monotonic()
                held.close()
                if not unused:
                    held.enter_context(self.turns.beside())
                waited = time.monotonic() - started
                self.deadline += waited
                self.waited += waited
                return waited

            pauses(False)
            yield pauses if self.turns is not UNDIVIDED else None

    def load(self) -> Runner:
        """Start a runner, import the kernel and return the runner; raises `Finding`."""
        try:
            code = self.kernel.text()
        except Undecodable as error:
            raise Finding("load_error", str(error)) from None
        started = time.monotonic()
        self.runner = runner = self.started()
        self._wait_for(runner)
        try:
            if self.kept is not None:
                self.kept.give(runner, self.timeout)
            # The first runner starts its fork server, and one on a GPU enters that: neither is the kernel's time.
            self.deadline += time.monotonic() - started
            entries = entry_points(self.kernel, self.task)
            left = max(1.0, self.deadline - time.monotonic())
            helpers = modules_for(self.kernel, self.task)
            answer = runner.load(code, f"{self.kernel.task}.py", entries, CALL_SHARE * left, helpers)
        except RunnerDied as death:
            raise self.died(death, None) from None
        self.observe(answer)
        if answer.status != "ok":
            status, text = self._blamed_at_load(answer)
            raise Finding(status, self._explained(text, answer))
        if self.spares is not None:
            self.spares.prepare(self.settings)
        return runner

    def started(self) -> Runner:
        """Return a runner without a kernel."""
        return Runner(self.settings) if self.spares is None else self.spares.take(self.settings)

    def _wait_for(self, runner: Runner) -> None:
        """Wait until a runner can take the kernel; raises a `Finding` of status `error` where it cannot.

        No code of the kernel has run by then, so that it is not to blame.
        """
        try:
            runner.ready(max(START_SECONDS, self.timeout))
        except RunnerDied as death:
            raise Finding("error", f"no runner could be started: {self.died(death, None).message}") from None

    def observe(self, answer: Answer) -> None:
        """Keep what an answer tells beside the result."""
        self.observed |= {text: rule for rule, text in answer.observations}
        self.ran |= answer.lines

    def close(self) -> None:
        """End the runner, keeping the end of what the kernel printed."""
        if self.runner is not None:
            if self.kept is not None:
                self.kept.take(self.runner)
            self.printed = self.runner.printed()
            self.runner.close()
            self.runner = None

    def died(self, death: RunnerDied, case: Case | None) -> Finding:
        """Close a runner that died, and return the finding for the kernel."""
        self.close()
        self.orphaned |= death.orphaned
        return Finding(death.status, str(death), case)

    def assess(self, case: Case, evidence: Evidence | None, answer: Answer, out_is: str | None = None) -> Answer:
        """Compare an answer with the evidence, note any breach of contract, and return it; raises `Finding`.

        `out_is` is the argument that was also passed as `out=`, if any.
        """
        if answer.status != "ok":
            status, text = self._blamed(case, answer)
            wanted = wanted_signature(self.task, self.kernel.task, answer.message, answer.frames)
            raise Finding(status, self._explained("\n".join(filter(None, [text, wanted])), answer), case)
        self.examples += 1
        self.launches = max(self.launches, whole(answer.counts.get("launches")))
        verdict, broken = self.compared(case, evidence, answer, out_is)
        if broken is not None and self.violation is None:
            self.violation = Finding("contract", broken, case)
        if verdict.mismatch is not None:
            raise Finding(verdict.mismatch.status, verdict.mismatch.message, case)
        if verdict.grade == "tf32":
            self.grade = "tf32"
        self.launched[case] = self.launched.get(case, False) or whole(answer.counts.get("launches")) > 0
        return answer

    def _explained(self, text: str, answer: Answer) -> str:
        """Return a text, with a line about a file that the sandbox did not let the kernel read, if any."""
        return "\n".join(filter(None, [text, refused_reading(answer.message, self.settings)]))

    def _blamed(self, case: Case, answer: Answer) -> tuple[str, str]:
        """Return the status and the message of a call that failed; the compiler is asked where it alone can tell."""
        if not answer.within:
            return answer.status, answer.text
        if answer.text not in self._asked:
            started = time.monotonic()
            self._asked[answer.text] = ask_the_compiler(self.kernel, self.task, case, answer, self.settings)
            self.deadline += time.monotonic() - started
        return self._asked[answer.text]

    def _blamed_at_load(self, answer: Answer) -> tuple[str, str]:
        """Return the status and the message of a file that could not be loaded; see `_blamed`."""
        if answer.within:
            return ask_about_loading(self.kernel, self.task, answer, self.settings)
        return answer.status if answer.status in ("crash", "unsupported", "error") else "load_error", answer.text

    def compared(
        self, case: Case, evidence: Evidence | None, answer: Answer, out_is: str | None
    ) -> tuple[Verdict, str | None]:
        """Return the verdict on the values of an answer, and how the call broke the contract, if it did.

        Only a subclass that compares elsewhere does so without evidence.
        """
        assert evidence is not None
        broken = breach(self.task, case, answer, out_is, on_gpu=self.on_gpu)
        return compare(evidence, self.outputs(case, answer)), broken

    def outputs(self, case: Case, answer: Answer) -> list[Output]:
        """Return the results of a call, then the updated arguments."""
        return [*answer.outputs, *updated(self.task, case, answer)]


def whole(value: Any) -> int:
    """Return a count that a runner reported, or 0 for anything that is not a natural number."""
    return value if isinstance(value, int) and value >= 0 else 0
