"""Published headlines about generated kernels, each beside what some records say about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from pytest_kernelbench.model.catalogue import CATEGORIES
from pytest_kernelbench.report.metrics import passing, share
from pytest_kernelbench.report.results import Results, Variant
from pytest_kernelbench.report.shares import counted_share

if TYPE_CHECKING:
    from pytest_kernelbench.report.deviance import Explained

REPEATED = "https://github.com/thunlp/TritonBench/issues/8"
"""Where others ran the tests of TritonBench-T again on its own files."""

PRINTED = "https://github.com/thunlp/TritonBench/issues/7"
"""What the execution accuracy of TritonBench compares."""

INTRODUCTION = """\
## Published headlines

Headlines of KernelBench-X, arXiv 2605.04956 (five methods, 176 tasks, fixed tests), and of TritonBench, arXiv
2502.14752. The records here are of other kernels, or of a part of them. So a headline *agrees* if the published figure
lies in the interval of the same figure here, *differs* if it does not, and is *not known* where these records cannot
say. An *artefact* is a figure that does not tell right kernels from wrong ones: its tests fail right ones, or do not
look at results. [metrics.md](metrics.md) says what each of them hides, and [errata.md](errata.md) which of the tests
and references are wrong.
"""


class Headline(NamedTuple):
    """A published headline."""

    published: str
    """What was published, in short."""
    here: Callable[[Results, Sequence[Variant]], tuple[str, str]]
    """Returns what the records say, and `agrees`, `differs` or `not known`."""
    harness: str
    """What in the published harness the figure depends on."""
    artefact: bool = False
    """Whether the published tests fail right kernels, or do not look at results."""


def headlines(results: Results, variants: Sequence[Variant]) -> Iterator[str]:
    """Yield the section on published headlines; they are about kernels for tasks of the shipped categories."""
    tasks = {task: category for task, category in results.tasks.items() if category in CATEGORIES}
    results = replace(results, tasks=tasks)
    variants = [variant for variant in variants if not tasks.keys().isdisjoint(results.correctness(variant))]
    yield from INTRODUCTION.splitlines()
    yield ""
    yield "| published | in these records | verdict | what it depends on |"
    yield "| --- | --- | --- | --- |"
    for headline in HEADLINES:
        found, verdict = headline.here(results, variants)
        verdict = "artefact" if headline.artefact else verdict
        yield f"| {headline.published} | {found} | {verdict} | {headline.harness} |"


def _quantisation(results: Results, variants: Sequence[Variant]) -> tuple[str, str]:
    kernels = [(variant, task) for variant in variants for task in results.correctness(variant)
               if results.tasks.get(task) == "Quantization"]  # fmt: skip
    if not kernels:
        return "no kernel for a task of quantisation", "not known"
    right = sum(task in passing(results.correctness(variant)) for variant, task in kernels)
    figure = share(right, len(kernels))
    assert figure.low is not None
    return counted_share(right, len(kernels)), "agrees" if figure.low == 0 else "differs"


def _fusion(results: Results, variants: Sequence[Variant]) -> tuple[str, str]:
    methods = [variant for variant in variants if variant.name is None]
    verdicts = [results.correctness(variant) for variant in methods]
    tasks = [task for task, category in results.tasks.items()
             if category == "Fusion" and verdicts and all(task in each for each in verdicts)]  # fmt: skip
    if len(methods) < 2 or not tasks:
        return "no two methods with kernels for the same tasks of fusion", "not known"
    solved = set[str]().union(*(passing(each) for each in verdicts))
    plain = set[str]().union(*(passing(each, "basic") for each in verdicts))
    failing = len([task for task in tasks if task not in solved])
    by_fixed = len([task for task in tasks if task not in plain])
    text = (
        f"of {len(tasks)} tasks with a kernel of each of {len(methods)} methods: "
        f"{counted_share(by_fixed, len(tasks))} fail for all on the plainest case, "
        f"{counted_share(failing, len(tasks))} on some facet"
    )
    return text, _compared(0.72, by_fixed, len(tasks))


def _rounds(results: Results, variants: Sequence[Variant]) -> tuple[str, str]:
    rounds = [variant for variant in variants if (variant.name or "").startswith("round")]
    if len({variant.submission for variant in rounds}) != 1 or len(rounds) < 2:
        return "no submission with rounds, or several", "not known"
    parts = []
    for variant in rounds:
        verdicts = results.correctness(variant)
        parts.append(f"{variant.name}: {counted_share(len(passing(verdicts, 'runs')), len(verdicts))} run")
    return "; ".join(parts) + ". The rounds here hold different tasks", "not known"


def _deviance(results: Results, variants: Sequence[Variant]) -> tuple[str, str]:
    methods = [variant for variant in variants if variant.name is None]
    verdicts = [results.correctness(variant) for variant in methods]
    tasks = [task for task in results.tasks if verdicts and all(task in each for each in verdicts)]
    right = {task: [task in passing(each, "basic") for each in verdicts] for task in tasks}
    flat = [each for row in right.values() for each in row]
    if len(methods) < 2 or len({results.tasks[task] for task in tasks}) < 2 or len(set(flat)) < 2:
        return "no two methods with kernels for the same tasks", "not known"
    from pytest_kernelbench.report.deviance import explained_deviance

    found = explained_deviance(right, {task: results.tasks[task] for task in tasks}, resamples=500)
    text = (f"plainest case, {len(methods)} methods, {len(tasks)} tasks: category {_explained(found.category)}, "
            f"method {_explained(found.method)}")  # fmt: skip
    if found.category.low > found.method.high:
        return text, "agrees"
    return text, "differs" if found.method.low > found.category.high else "not known"


def _explained(found: Explained) -> str:
    return (f"{100 * found.mean:.1f} %, of which {100 * found.chance:.1f} by chance; without that "
            f"{100 * found.adjusted:.1f} ({100 * found.low:.1f} to {100 * found.high:.1f})")  # fmt: skip


def _called(results: Results, variants: Sequence[Variant]) -> tuple[str, str]:
    verdicts = next((results.correctness(each) for each in variants if each.label == "deepseek-r1"), {})
    if not verdicts:
        return "no kernels of `deepseek-r1`", "not known"
    ran = len(passing(verdicts, "runs"))
    return f"{counted_share(ran, len(verdicts))} run", _compared(0.386, ran, len(verdicts))


def _executed(results: Results, variants: Sequence[Variant]) -> tuple[str, str]:
    methods = [variant for variant in variants if variant.name is None]
    shares = []
    for variant in methods:
        verdicts = results.correctness(variant)
        right, plain = (counted_share(len(passing(verdicts, demand)), len(verdicts)) for demand in ("all", "basic"))
        shares.append(f"{variant.label}: {plain} right on the plainest case, {right} on every facet")
    return "; ".join(shares) or "no methods", "not known"


def _speed(results: Results, variants: Sequence[Variant]) -> tuple[str, str]:
    timed = sum(bool(results.speed(variant, device)) for variant in variants
                for device in results.devices(variant, "speed"))  # fmt: skip
    found = "see the report: `pytest-kernelbench report`" if timed else "nothing was timed"
    return found, "not known"


def _compared(published: float, count: int, of: int) -> str:
    figure = share(count, of)
    assert figure.low is not None
    assert figure.high is not None
    return "agrees" if figure.low <= published <= figure.high else "differs"


HEADLINES = (
    Headline(
        "Quantisation is unsolved: 0 of 30", _quantisation,
        "the published tests compare with a product that is not quantised, so that right int8 kernels fail",
        artefact=True,
    ),
    Headline(
        "72 % of the fusion tasks fail for all five methods", _fusion,
        "several references of fusion contradict their documentation or ignore arguments; random ones are compared "
        "element by element with PyTorch's own stream",
    ),
    Headline(
        "Category explains more than method: 9.4 % against 3.3 % of the deviance", _deviance,
        "a factor with more levels explains more by chance",
    ),
    Headline(
        "Over rounds of refinement, kernels that compile rise from 52.3 % to 68.8 %", _rounds,
        "rounds must hold the same tasks; here a round holds what was published of it",
    ),
    Headline(
        "Mean speedup falls from 1.58 to 1.44 over rounds; rescued kernels are slower (1.16)", _speed,
        "the means are over different tasks; sizes that fail are left out of the sum",
    ),
    Headline(
        "46.6 % of the right kernels are slower than PyTorch", _speed,
        "a stored baseline of another session, and a threshold at exactly 1",
    ),
    Headline(
        "TritonBench-T: 38.6 % of DeepSeek-R1's kernels can be called "
        f"([its harness, run again]({REPEATED}); the paper has another figure)", _called,
        "a call is right if it raises nothing; which calls are made, and the versions of Triton and PyTorch",
    ),
    Headline(
        "TritonBench-T: shares of kernels that execute correctly", _executed,
        f"what the kernel's file prints is compared with what the reference's prints, which is "
        f"[nothing]({PRINTED}): results are not looked at",
        artefact=True,
    ),
    Headline("Speedups vary 21.4 times between GPUs", _speed, "the maximum over tasks, which is one task"),
)  # fmt: skip
"""The headlines, in the order of the page."""
