"""The checks of each facet on one case: one ordinary call, or several calls under different conditions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pytest_kernelbench.host.answers import Answer
from pytest_kernelbench.judge.comparison.dropout import must_differ
from pytest_kernelbench.judge.correctness.case_trial import CaseTrial
from pytest_kernelbench.judge.correctness.facets import edited, reseeded
from pytest_kernelbench.judge.correctness.generators import MAX_EQUAL_DRAWS, another_generator, contents, seeded
from pytest_kernelbench.judge.correctness.in_place import writable_inputs
from pytest_kernelbench.judge.correctness.trial import Finding
from pytest_kernelbench.model.case import Case, Tensor, leaves, replace
from pytest_kernelbench.wire.conditions import CallConditions

MAX_CONFIGS = 32
"""Autotune configurations that are tried one by one; any others are left out."""

REPEATS = 8
"""Additional calls on a GPU, where the order of programs differs from call to call."""


def values(trial: CaseTrial, case: Case) -> None:
    """Compare one call with the oracle."""
    trial.run(case)


def contract(trial: CaseTrial, case: Case) -> None:
    """Repeat the call, call on new contents of the same memory, on one new element, and with `out=` in two layouts.

    Where the task is elementwise, `out=` is each of the inputs, too. A case with a random generator is called with
    another state of it.
    """
    _repeated(trial, case)
    if trial.violation is not None:
        raise trial.violation
    if any(recipe.numel for _, recipe in leaves(case)):
        _rewritten(trial, reseeded(case, 101), case, "on new contents of the same memory, after a first call")
        _rewritten(trial, edited(case), case, "after one element of each tensor was changed in place")
    if trial.task.takes_out:
        for layout in ("contiguous", "transposed"):
            _out(trial, case, layout)
        for path in writable_inputs(trial.evidence(case)):
            _in_place(trial, case, path)
    if (other := another_generator(case)) is not None:
        seeded(trial, case, other)
    if trial.violation is not None:
        raise trial.violation


def engine(trial: CaseTrial, case: Case) -> None:
    """Vary what the input does not fix: uninitialised memory, order of programs, masked lanes, autotuning."""
    counts = trial.run(case).counts
    _under(trial, case, "with uninitialised memory full of large numbers", poison="big")
    if trial.on_gpu:
        for _ in range(REPEATS):
            _under(trial, case, "when called again")
    if counts.get("programs", 0) > 1:
        _reordered(trial, case, "with the programs of each grid in reverse order", order="reverse")
        _reordered(trial, case, "with the programs of each grid in shuffled order", order="shuffled")
    if counts.get("bare_loads"):
        _under(trial, case, "with garbage in masked lanes of loads that have no `other`", poison_masked_lanes=True)
    configs = min(int(counts.get("configs", 1)), MAX_CONFIGS)
    if configs > 1:
        for index in range(configs):
            if trial.hurried:  # on a GPU each one is compiled first: leave out the rest rather than time out
                return
            _under(trial, case, f"with autotune configuration {index} of {configs}", config=index)
        _under(trial, case, "when autotuning runs every configuration first", benchmark=True)


def _repeated(trial: CaseTrial, case: Case) -> None:
    """Require the same bits twice of a deterministic operation, and different ones of a random operation."""
    first, second = trial.run(case), trial.run(case)
    same = contents(first) == contents(second)
    if trial.task.contract.deterministic and not same:
        raise Finding("contract", "the same call gave different bits the second time", case)
    if same and another_generator(case) is None and _must_differ(trial, case, first):
        raise Finding("contract", "two calls of a random operation gave the same bits", case)


def _must_differ(trial: CaseTrial, case: Case, answer: Answer) -> bool:
    """Whether a second call of a random operation gives different values, but for a false alarm."""
    if trial.task.compare == "dropout":
        return must_differ(trial.evidence(case))
    sizes = [output.tensor.numel() for output in answer.outputs if output.tensor is not None]
    return trial.task.compare == "random" and max(sizes, default=0) > MAX_EQUAL_DRAWS


def _rewritten(trial: CaseTrial, case: Case, first: Case, when: str) -> None:
    """Call on `first`, then on the contents of `case` in the same memory; `when` explains a failure."""
    try:
        trial.run(first, rewrite=case)
    except Finding as finding:
        raise Finding(finding.status, f"{when}:\n{finding.message}", case) from None


def _under(trial: CaseTrial, case: Case, when: str, **conditions: Any) -> None:
    """Call on a case under conditions, which are fields of `CallConditions`; `when` explains a failure."""
    try:
        trial.run(case, CallConditions(**conditions))
    except Finding as finding:
        raise Finding(finding.status, f"{when}:\n{finding.message}", case) from None


def _reordered(trial: CaseTrial, case: Case, when: str, **conditions: Any) -> None:
    """Call with programs in another order, which a kernel whose programs wait for earlier ones cannot run in."""
    try:
        _under(trial, case, when, **conditions)
    except Finding as finding:
        if finding.status != "unsupported":
            raise


def _out(trial: CaseTrial, case: Case, layout: str) -> None:
    """Pass `out=` in a layout: the result must be written there, and the same tensors must be returned."""
    results = [expected for expected in trial.evidence(case).expected if expected.name.startswith("result")]
    out = tuple(Tensor(tuple(expected.exact.shape), expected.dtype, "junk", layout) for expected in results)
    several = results[0].name != "result"
    with_out = replace(case, out=out if several else out[0])
    answer = trial.run(with_out)
    for index, output in enumerate(answer.outputs[: len(out)]):
        path = f"out[{index}]" if several else "out"
        if not (output.alias == path and output.same):
            raise Finding("contract", f"{path} was given and something else was returned", with_out)


def _in_place(trial: CaseTrial, case: Case, path: str) -> None:
    """Pass the argument at `path` as `out=`, too: the result must be written there, and that tensor returned."""
    when = f"with `{path}` as `out=`, too"
    try:
        answer = trial.run(case, CallConditions(out_is=path))
    except Finding as finding:
        raise Finding(finding.status, f"{when}:\n{finding.message}", case) from None
    if not (answer.outputs[0].alias == path and answer.outputs[0].same):
        raise Finding("contract", f"{when}: something else was returned", case)


CHECKS: Mapping[str, Callable[[CaseTrial, Case], None]] = {
    "basic": values,
    "sizes": values,
    "dtypes": values,
    "layouts": values,
    "values": values,
    "contract": contract,
    "engine": engine,
}
"""The check of each facet, called with a trial and each case; raises `Finding`."""
