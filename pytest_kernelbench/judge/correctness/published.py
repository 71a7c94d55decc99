"""Whether a kernel that fails on small sizes is right on those that its benchmark publishes."""

from __future__ import annotations

from pytest_kernelbench.judge.correctness.case_trial import CaseTrial
from pytest_kernelbench.judge.correctness.trial import Finding
from pytest_kernelbench.model.case import Case, replace
from pytest_kernelbench.wire.modules import SEED

UNKNOWN = "whether it is right on the published sizes is not known: they are too large or too slow here"
"""Observation about a kernel that fails on small sizes."""

FAILED = ("wrong_values", "wrong_shape", "wrong_dtype", "contract", "runtime_error", "compile_error", "crash")
"""Statuses of a kernel that may have been written for other sizes."""

SLOW = ("timeout", "unsupported", "error")
"""Statuses from which nothing follows."""


def published_case(trial: CaseTrial) -> Case | None:
    """Return the case of the published sizes as far as this device can run it; None if it cannot."""
    whole = trial.task.workloads.get("published")
    return whole if trial.on_gpu and whole is not None else trial.task.published


def told_apart(trial: CaseTrial, finding: Finding) -> Finding | None:
    """Return the finding about a kernel that fails on some sizes, explained, if it is right on the published sizes.

    It must be right there with the parameters with which it fails, too. Without a GPU, the tolerance of TF32 does not
    count: there, products are computed in single precision, and in a sum of thousands of terms the roundings of TF32
    are larger than a bias that is missing.
    """
    if trial.task.calling_convention != "module" or finding.status not in FAILED:
        return None
    case = published_case(trial)
    if case is None or trial.expired:
        trial.observed[UNKNOWN] = ""
        return None
    seeds = dict.fromkeys(each.arguments.get("parameter_seed", SEED) for each in (case, finding.case or case))
    trial.grade = "ieee"
    try:
        for seed in seeds:
            trial.run(replace(case, parameter_seed=seed))
    except Finding as other:
        if other.status in SLOW:
            trial.observed[UNKNOWN] = ""
        return None
    if trial.grade != "ieee" and not trial.on_gpu:
        return None
    text = f"it is right on the published sizes, such as {case!r}, and not on others:\n{finding.message}"
    return Finding(finding.status, text, finding.case)
