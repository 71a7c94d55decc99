"""The facet `gradients`: backward passes against those of the reference in double precision.

The reference with its backward pass is a reference like any other: it returns its results and then the gradients of
the named arguments, in whatever dtype they have. So the oracle, the sensitivity to rounding and the error budget are
those of values.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace as with_fields
from functools import lru_cache
from typing import Any

from pytest_kernelbench.host.answers import Answer
from pytest_kernelbench.judge.comparison.compare import compare
from pytest_kernelbench.judge.comparison.eager_trials import with_trials
from pytest_kernelbench.judge.comparison.evidence import Evidence, OracleError, tensors_in
from pytest_kernelbench.judge.correctness.accumulators import shorter_sums
from pytest_kernelbench.judge.correctness.case_trial import CaseTrial
from pytest_kernelbench.judge.correctness.facets import in_dtype
from pytest_kernelbench.judge.correctness.generators import contents
from pytest_kernelbench.judge.correctness.large import TaskKey
from pytest_kernelbench.judge.correctness.pace import chosen
from pytest_kernelbench.judge.correctness.trial import Finding
from pytest_kernelbench.model.case import Case, leaves, numel
from pytest_kernelbench.model.judging import JudgingSettings
from pytest_kernelbench.model.task import FACETS, GRADIENTS, Task
from pytest_kernelbench.wire.conditions import CallConditions
from pytest_kernelbench.wire.cotangents import cotangent

MAX_CASES = 4
"""Fixed cases on which backward passes are judged."""

MAX_ELEMENTS = 4100
"""Elements of the largest fixed case in half precision, where long sums show."""

SUM_SHARE = 0.1
"""Share of the kernel's time for a call with long sums."""

BACKWARD = re.compile(r"\bdef backward\b|register_autograd")
"""What a file contains that defines a backward pass."""

ORDERS = ("reverse", "shuffled")
"""Orders of programs under which a backward pass must give the same bits, if it is deterministic."""


def judged(trial: CaseTrial, settings: JudgingSettings, *, right: bool) -> bool:
    """Judge backward passes if these settings ask for them and the task does; return whether it did.

    Where the task does not, note what a kernel that is otherwise right has. Raises `Finding`.
    """
    if GRADIENTS not in settings.facets and not set(FACETS) <= set(settings.facets):
        return False
    if trial.task.gradients:
        check(trial, settings.case)
        return True
    if right and (found := carried(trial, trial.task.fixed_cases[0])) is not None:
        trial.observed[found] = ""
    return False


def check(trial: CaseTrial, replayed: Case | None = None) -> None:
    """Judge the backward passes of a kernel whose task names differentiable arguments, or those of one case.

    Raises `Finding`.
    """
    task = trial.task
    cases = differentiable(task, task.fixed_cases if replayed is None else [replayed])
    for case in cases[:MAX_CASES]:
        _compared(trial, case, names_of(task, case), "")
    for case in cases[:1]:
        _variants(trial, case, names_of(task, case))
        _repeated(trial, case, names_of(task, case))
    if replayed is not None:
        return
    for case in _in_halves(task, cases):
        _compared(trial, case, names_of(task, case), "")
    for case in shorter_sums(task)[:1]:
        _long_sum(trial, case)


def carried(trial: CaseTrial, case: Case) -> str | None:
    """Return whether the gradients are right that a kernel's result carries though nobody asked; None for no gradient.

    A kernel whose file defines no backward pass, or that cannot be called so, has none: what reaches a result through
    operations of PyTorch around a launch is no claim.
    """
    if not BACKWARD.search(trial.kernel.text()):
        return None
    floating = tuple(path for path, recipe in leaves(case) if recipe.dtype.startswith(("float", "bfloat")))
    names = tuple(name for name in floating if name in trial.task.parameters and name not in trial.task.written(case))
    conditions = CallConditions(differentiate=names)
    if not names or trial.task.calling_convention != "call" or trial.expired:
        return None
    try:
        evidence = gradient_evidence(trial, case, conditions)
        answer = trial.ask(case, evidence.max_bytes, conditions)
    except Finding:
        return None
    if answer.status != "ok" or all(output.tensor is None for output in answer.outputs[-len(names) :]):
        return None
    mismatch = compare(evidence, list(answer.outputs)).mismatch
    listed = ", ".join(names)
    if mismatch is None:
        return f"its result carries gradients of {listed}, which are right on the first case"
    first = mismatch.message.partition("\n")[0]
    return f"its result carries gradients of {listed}, which are wrong on the first case: {first}"


def names_of(task: Task, case: Case) -> tuple[str, ...]:
    """Return the named arguments that are floating-point tensors in a case."""
    floating = {path for path, recipe in leaves(case) if recipe.dtype.startswith(("float", "bfloat")) and recipe.numel}
    return tuple(name for name in task.gradients if name in floating)


def differentiable(task: Task, cases: Sequence[Case]) -> list[Case]:
    """Return the cases with a named argument, those first that have most of them."""
    found = [case for case in cases if names_of(task, case) and "out" not in case]
    return sorted(found, key=lambda case: -len(names_of(task, case)))


def _in_halves(task: Task, cases: Sequence[Case]) -> Iterator[Case]:
    """Yield the first and the largest case in each dtype but the first."""
    largest = max((case for case in cases if numel(case) <= MAX_ELEMENTS), key=numel, default=None)
    for dtype in task.dtypes[1:]:
        if dtype.startswith(("float", "bfloat")):
            yield from dict.fromkeys(in_dtype(task, case, dtype) for case in (*cases[:1], largest) if case is not None)


def _variants(trial: CaseTrial, case: Case, names: Sequence[str]) -> None:
    """Vary what a backward pass must not depend on: which gradients are needed, and the incoming gradient."""
    for name in names if len(names) > 1 else ():
        _compared(trial, case, (name,), f"where only the gradient of {name} is needed")
    _compared(trial, case, names, "with an incoming gradient that is not contiguous", cotangent="strided")
    _compared(trial, case, names, "with an incoming gradient that is transposed", cotangent="transposed")
    _compared(trial, case, names, "with an incoming gradient that is expanded, as that of a sum", cotangent="expanded")
    _compared(trial, case, names, "with an incoming gradient of zeros", cotangent="zeros")
    _compared(trial, case, names, "with another call between the call and its backward pass", interleaved=True)


def _repeated(trial: CaseTrial, case: Case, names: Sequence[str]) -> None:
    """Require the same gradients of a second backward pass, and the same bits of every backward pass."""
    when = "in a second backward pass (retain_graph=True)"
    answer = _compared(trial, case, names, when, second_backward=True)
    if not trial.task.contract.deterministic:
        return
    several = [*ORDERS, "forward"] if trial.settings.device == "interpreter" else ["forward"]
    tensors = [output.tensor for output in answer.outputs]
    first, second = tensors[: -len(names)][-len(names) :], tensors[-len(names) :]
    if any(not _same(one, other) for one, other in zip(first, second, strict=True)):
        raise Finding("contract", f"{when}: other bits than in the first one", case)
    plain = contents(_compared(trial, case, names, ""))
    for order in several:
        try:
            again = contents(_compared(trial, case, names, f"with programs in {order} order", order=order))
        except Finding as finding:
            if finding.status == "unsupported":  # its programs wait for earlier ones
                continue
            raise
        if again != plain:
            text = "two backward passes give different bits: the order of additions depends on that of the programs"
            raise Finding("contract", text, case)


def _same(one: Any, other: Any) -> bool:
    import torch

    return one is not None and other is not None and torch.equal(one.nan_to_num(), other.nan_to_num())


def _long_sum(trial: CaseTrial, case: Case) -> None:
    try:
        with chosen(trial, SUM_SHARE * trial.timeout):
            _compared(trial, case, names_of(trial.task, case), "")
    except Finding as finding:
        if finding.status != "timeout":
            raise
        trial.observed[f"gradients not tried, too slow here: {case}"] = ""


def _compared(trial: CaseTrial, case: Case, names: Sequence[str], when: str, **changes: Any) -> Answer:
    """Make one call with a backward pass and compare results and gradients; `when` explains a failure."""
    conditions = CallConditions(differentiate=tuple(names), **changes)
    evidence = gradient_evidence(trial, case, conditions)
    try:
        answer = trial.ask(case, evidence.max_bytes, conditions)
        if answer.status == "ok" and all(output.tensor is None for output in answer.outputs[-len(names) :]):
            text = f"the result carries no gradient of {', '.join(names)}: a torch.autograd.Function would give it one"
            raise Finding("wrong_values", text, case)
        return trial.assess(case, evidence, answer)
    except Finding as finding:
        said = f"{when}:\n{finding.message}" if when else finding.message
        raise Finding(finding.status, said, finding.case) from None


def gradient_evidence(trial: CaseTrial, case: Case, conditions: CallConditions) -> Evidence:
    """Return the evidence for the results of a case and the gradients under conditions; raises `Finding`."""
    passes = 2 if conditions.second_backward else 1
    task = gradient_task(TaskKey(trial.task), conditions.differentiate, conditions.cotangent, passes)
    name = f"{trial.kernel.task}: {' '.join(conditions.differentiate)}, {conditions.cotangent}, {passes}"
    try:
        evidence = trial.oracle(name, task, case, here=True)
    except OracleError as error:
        raise Finding("error", str(error), case) from error
    evidence = with_trials(evidence)
    results = len(evidence.expected) - passes * len(conditions.differentiate)
    gradients = [f"gradient of {name}" for name in conditions.differentiate] * passes
    names = [*(each.name for each in evidence.expected[:results]), *gradients]
    renamed = (with_fields(each, name=name) for each, name in zip(evidence.expected, names, strict=True))
    return with_fields(evidence, expected=tuple(renamed))


@lru_cache(maxsize=256)
def gradient_task(key: TaskKey, names: tuple[str, ...], kind: str | None, passes: int) -> Task:
    """Return the task whose reference returns the results and then the gradients of the named arguments."""
    task = key.task
    terms = task.accumulation

    def accumulation(case: Case) -> int:
        # The gradient of a broadcast argument is a sum over all the results.
        return max(terms(case) if terms is not None else 1, *(recipe.numel for _, recipe in leaves(case)))

    return with_fields(
        task,
        reference=_with_backward(task.reference, names, kind, passes),
        compare="values",
        properties=None,
        pipelines=None,
        dropout=(),
        drop_probability=None,
        accumulation=accumulation,
    )


def _with_backward(
    reference: Callable[..., Any], names: Sequence[str], kind: str | None, passes: int
) -> Callable[..., Any]:
    signature = inspect.signature(reference)

    def differentiated(*positional: Any, **named: Any) -> list[Any]:
        import torch

        bound = signature.bind(*positional, **named)
        inputs = [bound.arguments[name].detach().requires_grad_() for name in names]
        bound.arguments.update(zip(names, inputs, strict=True))
        with torch.enable_grad():
            results = [each for each in tensors_in(reference(*bound.args, **bound.kwargs)) if each.is_floating_point()]
        incoming = [cotangent(each.detach(), index, kind) for index, each in enumerate(results)]
        pairs = [(each, given) for each, given in zip(results, incoming, strict=True) if each.requires_grad]
        outputs, given = [each for each, _ in pairs], [each for _, each in pairs]
        found = torch.autograd.grad(outputs, inputs, given, allow_unused=True, materialize_grads=True)
        return [*(each.detach() for each in results), *(found * passes)]

    setattr(differentiated, "__signature__", signature)  # noqa: B010
    return differentiated
