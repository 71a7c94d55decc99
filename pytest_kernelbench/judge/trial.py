"""One case put to one kernel: ask the runner, compare with the oracle, look at what else was touched."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from pytest_kernelbench.judge.compare import compare
from pytest_kernelbench.judge.oracle import Elsewhere, Evidence, OracleError, evaluate, signature
from pytest_kernelbench.model.alone import ALONE
from pytest_kernelbench.model.case import Case, Tensor, leaves
from pytest_kernelbench.model.task import Task
from pytest_kernelbench.runner.answers import Answer, Output
from pytest_kernelbench.runner.child import RunnerDied, RunnerSettings
from pytest_kernelbench.runner.client import Runner
from pytest_kernelbench.runner.materialize import GUARD, geometry, materialize, torch_dtype
from pytest_kernelbench.runner.workplaces import CUDA

if TYPE_CHECKING:
    from pytest_kernelbench.model.submission import Kernel

CALL_SHARE = 0.25
"""Part of a kernel's time limit that one call may take: a hang need not cost all of it."""

REMEMBERED = 512
"""Cases whose evidence is kept: kernels of one task share the cases of its spine."""

REMEMBERED_BYTES = 256 << 20
"""Bytes that this evidence may take."""


class Finding(AssertionError):
    """A kernel stopped being right: the status that it means, the text that shows it, and the case."""

    def __init__(self, status: str, message: str, case: Case | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.case = case


class Oracle:
    """Evidence by task and case; the most recent is kept. `elsewhere` gives by task what runs eager on a GPU."""

    def __init__(self, elsewhere: Callable[[str], Elsewhere] | None = None) -> None:
        self._known: OrderedDict[tuple[str, str], Evidence] = OrderedDict()
        self._bytes = 0
        self._elsewhere = elsewhere
        self.seconds = 0.0

    def __call__(self, name: str, task: Task, case: Case) -> Evidence:
        """Return the evidence for a case of the task of that name."""
        key = (name, repr(case))
        with ALONE:  # the reference runs under a fixed random state
            if key in self._known:
                self._known.move_to_end(key)
                return self._known[key]
            started = time.perf_counter()
            self._known[key] = evidence = evaluate(task, case, elsewhere=self.elsewhere(name))
            self.seconds += time.perf_counter() - started
            self._bytes += evidence.bytes
            while len(self._known) > 1 and (len(self._known) > REMEMBERED or self._bytes > REMEMBERED_BYTES):
                self._bytes -= self._known.popitem(last=False)[1].bytes
            return evidence

    def elsewhere(self, name: str) -> Elsewhere | None:
        """Return what runs eager for the task of that name, if that is not done here."""
        return self._elsewhere(name) if self._elsewhere is not None else None


class Trial:
    """A kernel under judgement: its runner, replaced when it dies, and what all calls have shown so far."""

    def __init__(self, kernel: Kernel, task: Task, oracle: Oracle, settings: RunnerSettings, seconds: float) -> None:
        import torch  # noqa: F401 - takes seconds the first time, before the kernel's time begins

        self.kernel = kernel
        self.task = task
        self.oracle = oracle
        self.settings = settings
        self.deadline = time.monotonic() + seconds
        self.limit = seconds
        self.grade = "ieee"
        self.launches = 0
        self.examples = 0
        self.runner_seconds = 0.0
        self.violation: Finding | None = None
        """The first breach of contract that was seen in passing, in any facet."""
        self.printed = ""
        self.orphaned = False
        """Whether a runner died with its fork server: then nothing that was found is the kernel's doing."""
        self.observed: dict[str, str] = {}
        """What the kernel was seen to do beside computing, with the rule that it breaks or an empty text."""
        self._runner: Runner | None = None

    @property
    def expired(self) -> bool:
        """Whether the kernel's time is up."""
        return time.monotonic() >= self.deadline

    @property
    def hurried(self) -> bool:
        """Whether less than half of the kernel's time is left, on a device where kernels are compiled."""
        return self.on_gpu and self.deadline - time.monotonic() < self.limit / 2

    @property
    def on_gpu(self) -> bool:
        """Whether the kernel runs on a real GPU."""
        return self.settings.device.startswith(CUDA)

    def load(self) -> None:
        """Start a runner and import the kernel; raises `Finding`."""
        started = time.monotonic()
        self._runner = Runner(self.settings)
        # The first one waits for its fork server, which is no time of the kernel's.
        self.deadline += time.monotonic() - started
        entries = [name for name in (self.kernel.task, "kernel_function", self.task.entry) if name]
        try:
            left = max(1.0, self.deadline - time.monotonic())
            answer = self._runner.load(self.kernel.text(), f"{self.kernel.task}.py", entries, CALL_SHARE * left)
        except RunnerDied as death:
            raise self._dead(death, None) from None
        self.observe(answer)
        if answer.status != "ok":
            status = answer.status if answer.status in ("crash", "unsupported", "error") else "load_error"
            raise Finding(status, _said(answer))

    def observe(self, answer: Answer) -> None:
        """Keep what an answer says that the kernel did beside computing."""
        self.observed |= {text: rule for rule, text in answer.observations}

    def close(self) -> None:
        """End the runner, keeping the end of what the kernel printed."""
        if self._runner is not None:
            self.printed = self._runner.printed()
            self._runner.close()
            self._runner = None

    def run(self, case: Case, variant: Mapping[str, Any] | None = None, rewrite: Case | None = None) -> Answer:
        """Call the kernel on a case and judge the answer; raises `Finding`.

        With `rewrite`, the kernel is called a second time on that case's contents in the same memory, and the second
        answer is judged.
        """
        judged = rewrite if rewrite is not None else case
        evidence = self.evidence(judged)
        answer = self.ask(case, evidence.most_bytes, variant, rewrite)
        if answer.status != "ok":
            raise Finding(answer.status, _said(answer), judged)
        self._count(answer)
        if (breach := self._breach(evidence, judged, answer)) is not None and self.violation is None:
            self.violation = Finding("contract", breach, judged)
        verdict = compare(evidence, self.outputs(judged, answer))
        if verdict.mismatch is not None:
            raise Finding(verdict.mismatch.status, verdict.mismatch.message, judged)
        if verdict.grade == "tf32":
            self.grade = "tf32"
        return answer

    def evidence(self, case: Case) -> Evidence:
        """Return what the oracle knows about a case; a mistake of ours is a `Finding` of status `error`."""
        try:
            return self.oracle(self.kernel.task, self.task, case)
        except OracleError as error:
            raise Finding("error", str(error), case) from error

    def ask(
        self, case: Case, most: int, variant: Mapping[str, Any] | None = None, rewrite: Case | None = None
    ) -> Answer:
        """Call the kernel and return the answer unjudged; raises `Finding` where the runner dies."""
        left = min(self.deadline - time.monotonic(), CALL_SHARE * self.limit)
        if left <= 0:
            raise Finding("timeout", f"not judged within {self.limit:.0f} s (--kb-timeout)", case)
        if self._runner is None or not self._runner.alive:
            self.close()
            self.load()
        assert self._runner is not None
        started = time.perf_counter()
        try:
            answer = self._runner.call(
                case,
                signature(self.task),
                driver=self.task.driver,
                variant=variant,
                rewrite=rewrite,
                most=most,
                seconds=left,
            )
            self.observe(answer)
            return answer
        except RunnerDied as death:
            raise self._dead(death, case) from None
        finally:
            self.runner_seconds += time.perf_counter() - started

    def _dead(self, death: RunnerDied, case: Case | None) -> Finding:
        self.close()
        self.orphaned |= death.orphaned
        return Finding(death.status, str(death), case)

    def _count(self, answer: Answer) -> None:
        self.examples += 1
        self.launches = max(self.launches, whole(answer.counts.get("launches")))

    def outputs(self, case: Case, answer: Answer) -> list[Output]:
        """Return what the kernel returned and what it left in the arguments that it may write."""
        return [*answer.outputs, *updated(self.task, case, answer)]

    def _breach(self, evidence: Evidence, case: Case, answer: Answer) -> str | None:
        """Return what the call touched that it must not, if anything."""
        written = self.task.written(case)
        before = materialize(case).made
        for made, after, metadata in zip(before, answer.memory, answer.metadata, strict=True):
            now = made.snapshot()
            if len(after) != len(now) or after[:GUARD] != now[:GUARD] or after[-GUARD:] != now[-GUARD:]:
                return f"memory outside of {made.path} was written"
            if made.path.partition("[")[0] not in written and after != now:
                return f"{made.path} was changed: it is an input only"
            if metadata != [list(made.tensor.shape), list(made.tensor.stride())]:
                return f"shape or strides of {made.path} were changed"
        if answer.overwritten:
            return "this call changed the result of the call before it"
        if answer.unready:
            return "the result is not ready on the caller's stream: work on another stream was not waited for"
        for output in answer.outputs:
            if self.on_gpu and before and output.tensor is not None and output.device != "cuda":
                return f"the result is on the {output.device}, wanted on the GPU"
            if output.alias and not self.task.contract.alias and output.alias.partition("[")[0] not in written:
                return f"the result shares memory with {output.alias}"
        return None


def updated(task: Task, case: Case, answer: Answer) -> list[Output]:
    """Return what a call left in the arguments that the task updates."""
    made = dict(zip((path for path, _ in leaves(case)), answer.memory, strict=False))
    return [
        afterwards(recipe, made[path])
        for name in task.mutates
        for path, recipe in leaves(case)
        if path.partition("[")[0] == name and path in made
    ]


def afterwards(recipe: Tensor, memory: bytes) -> Output:
    """Return the tensor of a recipe as its memory holds it after a call."""
    import torch

    elements, strides, offset = geometry(recipe)
    storage = torch.frombuffer(bytearray(memory), dtype=torch_dtype(recipe.dtype), count=elements, offset=GUARD)
    tensor = storage.as_strided(recipe.shape, strides, offset).contiguous()
    return Output("Tensor", recipe.dtype, recipe.shape, tensor=tensor)


def whole(value: Any) -> int:
    """Return a count that a runner reported; anything but a number counts as none."""
    return value if isinstance(value, int) and value >= 0 else 0


def _said(answer: Answer) -> str:
    return "\n".join([answer.message, *(f"  {frame}" for frame in answer.frames)])
