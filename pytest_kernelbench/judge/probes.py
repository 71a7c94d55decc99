"""What a facet does with one case: most compare one answer, `contract` and `engine` ask again in other conditions."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pytest_kernelbench.judge.facets import edited, reseeded
from pytest_kernelbench.judge.outcomes import must_differ
from pytest_kernelbench.judge.trial import Finding, Trial
from pytest_kernelbench.model.case import Case, Tensor, leaves, replace
from pytest_kernelbench.runner.answers import Answer

MOST_CONFIGS = 32
"""Autotune configurations that are tried one by one."""

REPEATS = 8
"""Calls more on a GPU, whose programs run in another order each time."""


def values(trial: Trial, case: Case) -> None:
    """One call, compared with the oracle."""
    trial.run(case)


def contract(trial: Trial, case: Case) -> None:
    """The same call twice, new contents in the same memory, one new element, and `out=` in two layouts."""
    _repeated(trial, case)
    if trial.violation is not None:
        raise trial.violation
    if any(recipe.numel for _, recipe in leaves(case)):
        _explained("on new contents of the same memory, after a first call", trial, reseeded(case, 101), case)
        _explained("after one element of each tensor was changed in place", trial, edited(case), case)
    if trial.task.takes_out:
        for layout in ("contiguous", "transposed"):
            _out(trial, case, layout)
    if trial.violation is not None:
        raise trial.violation


def engine(trial: Trial, case: Case) -> None:
    """What the input cannot show: uninitialised memory, order of programs, masked lanes, autotune configurations."""
    counts = trial.run(case).counts
    _under(trial, case, "with uninitialised memory full of large numbers", poison="big")
    if trial.on_gpu:
        for _ in range(REPEATS):
            _under(trial, case, "when called again")
    if counts.get("programs", 0) > 1:
        _under(trial, case, "with the programs of each grid in reverse order", order="reverse")
        _under(trial, case, "with the programs of each grid in shuffled order", order="shuffled")
    if counts.get("bare_loads"):
        _under(trial, case, "with garbage in masked lanes of loads that have no `other`", lanes=True)
    configs = min(int(counts.get("configs", 1)), MOST_CONFIGS)
    if configs > 1:
        for index in range(configs):
            if trial.hurried:  # on a GPU each is compiled first: the rest is left out rather than called too slow
                return
            _under(trial, case, f"with autotune configuration {index} of {configs}", config=index)
        _under(trial, case, "when autotuning runs every configuration first", benchmark=True)


def _repeated(trial: Trial, case: Case) -> None:
    first, second = trial.run(case), trial.run(case)
    same = _contents(first) == _contents(second)
    if trial.task.contract.deterministic and not same:
        raise Finding("contract", "the same call gave different bits the second time", case)
    if same and _by_chance(trial, case, first):
        raise Finding("contract", "two calls of a random operation gave the same bits", case)


def _by_chance(trial: Trial, case: Case, answer: Answer) -> bool:
    """Whether another call must draw other values."""
    if trial.task.compare == "outcomes":
        return must_differ(trial.evidence(case))
    return trial.task.compare == "random" and _drawn(answer)


def _contents(answer: Answer) -> list[bytes]:
    """Return the bytes of every output."""
    import torch

    tensors = [output.tensor for output in answer.outputs if output.tensor is not None]
    return [tensor.reshape(-1).view(torch.uint8).numpy().tobytes() for tensor in tensors if tensor.numel()]


def _drawn(answer: Answer) -> bool:
    return any(output.tensor is not None and output.tensor.numel() > 8 for output in answer.outputs)


def _explained(why: str, trial: Trial, case: Case, first: Case) -> None:
    try:
        trial.run(first, rewrite=case)
    except Finding as finding:
        raise Finding(finding.status, f"{why}:\n{finding.message}", case) from None


def _under(trial: Trial, case: Case, why: str, **variant: object) -> None:
    try:
        trial.run(case, variant)
    except Finding as finding:
        raise Finding(finding.status, f"{why}:\n{finding.message}", case) from None


def _out(trial: Trial, case: Case, layout: str) -> None:
    """Ask for the result in tensors of the caller's: they must hold the result, and be what is returned."""
    results = [want for want in trial.evidence(case).wanted if want.name.startswith("result")]
    made = tuple(Tensor(tuple(want.exact.shape), want.dtype, "junk", layout) for want in results)
    several = results[0].name != "result"
    asked = replace(case, out=made if several else made[0])
    answer = trial.run(asked)
    for index, output in enumerate(answer.outputs[: len(made)]):
        path = f"out[{index}]" if several else "out"
        if not (output.alias == path and output.same):
            raise Finding("contract", f"{path} was given and something else was returned", asked)


PROBES: Mapping[str, Callable[[Trial, Case], None]] = {
    "basic": values,
    "sizes": values,
    "dtypes": values,
    "layouts": values,
    "values": values,
    "contract": contract,
    "engine": engine,
}
"""What is done with each case of a facet."""
