"""What a kernel would do where it is not run: the launches of its workloads, and its results on other GPUs.

Both need runners of their own. Host code keeps what it has made and what it has asked for: workspaces without contents
from the one, the number of multiprocessors from the other.
"""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace as with_fields

from pytest_kernelbench.host.answers import plain
from pytest_kernelbench.host.client import Runner
from pytest_kernelbench.host.process import RunnerDied
from pytest_kernelbench.judge.comparison.evidence import signature
from pytest_kernelbench.judge.correctness.case_trial import CaseTrial
from pytest_kernelbench.judge.correctness.trial import Finding
from pytest_kernelbench.model.case import Case
from pytest_kernelbench.wire.device_names import interpreter_as

WORKLOAD_GPU = interpreter_as("sm_90", 132)
"""The GPU that host code sees when its launches are looked at."""

OTHER_GPUS = (("sm_80", 1), ("sm_100", 2), ("sm_120", 3), ("sm_90", 132))
"""Target and multiprocessors of the other GPUs that a kernel which asks for them is called on."""

AMD_GPU = ("gfx942", 304)
"""The same for kernels that mention AMD's GPUs."""

_AMD = re.compile(r"hip\b|rocm|amd|gfx9", re.IGNORECASE)
"""What the code of such a kernel contains."""

LOOK_SECONDS = 20.0
"""Seconds for host code whose launches are not made."""


def workloads(trial: CaseTrial, cases: Sequence[tuple[str, Case]]) -> None:
    """Run the host code of each named case without its launches; raises `Finding` for one that a GPU would refuse.

    What host code cannot do on tensors without contents is no finding: then nothing is known about its launches.
    """
    if not cases:
        return
    with _elsewhere(trial, WORKLOAD_GPU) as other:
        runner = _loaded(other)
        for name, case in cases:
            if runner is None or trial.expired:
                return
            left = min(LOOK_SECONDS, trial.deadline - time.monotonic())
            try:
                header = runner.look(
                    case, signature(trial.task), convention=trial.task.calling_convention, timeout=left
                )
            except RunnerDied:
                return
            trial.asked |= header.get("asked") is True
            if isinstance(refused := header.get("refused"), dict):
                answer = plain(refused)
                raise Finding("runtime_error", f"on the shapes of the workload {name}:\n{answer.text}", case)


def other_gpus(trial: CaseTrial, cases: Sequence[Case]) -> None:
    """Call a kernel that has asked for the properties of its GPU on cases as on other GPUs; raises `Finding`.

    Only wrong results count. A kernel may refuse a GPU that it was not made for, and host code that divides one
    multiprocessor among several launches may have nothing to launch.
    """
    gpus = [*OTHER_GPUS] if trial.asked else []
    if mentions_amd(trial.kernel.text()):
        gpus.append(AMD_GPU)
    for target, multiprocessors in gpus:
        with _elsewhere(trial, interpreter_as(target, multiprocessors)) as other:
            for case in cases if _loaded(other) else ():
                if not _right_or_refused(other, case, f"on a GPU like {target} with {multiprocessors} multiprocessors"):
                    break


def mentions_amd(code: str) -> bool:
    """Whether a kernel may be made for GPUs by AMD, too."""
    return _AMD.search(code) is not None


def _right_or_refused(other: CaseTrial, case: Case, where: str) -> bool:
    """Call on a case and return whether the kernel takes it; raises `Finding` if the result is wrong."""
    evidence = other.evidence(case)
    try:
        answer = other.ask(case, evidence.max_bytes)
    except Finding:  # no time left, or a crash
        return False
    if answer.status != "ok" or answer.counts.get("empty_grids"):
        return False
    try:
        other.assess(case, evidence, answer)
    except Finding as finding:
        raise Finding(finding.status, f"{where}:\n{finding.message}", case) from None
    return True


@contextlib.contextmanager
def _elsewhere(trial: CaseTrial, device: str) -> Iterator[CaseTrial]:
    """Yield a trial of the same kernel on another device, and keep what it shows."""
    settings = with_fields(trial.settings, device=device)
    other = CaseTrial(trial.kernel, trial.task, trial.oracle, settings, trial.timeout)
    other.deadline = trial.deadline
    try:
        yield other
    finally:
        other.close()
        trial.examples += other.examples
        trial.observed |= other.observed
        trial.ran |= other.ran
        trial.orphaned |= other.orphaned
        trial.runner_seconds += other.runner_seconds


def _loaded(other: CaseTrial) -> Runner | None:
    """Return the runner of a trial with the kernel in it; None if the kernel cannot be imported there."""
    try:
        return other.load()
    except Finding:
        return None
