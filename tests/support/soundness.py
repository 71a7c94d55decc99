"""Checks that right answers are accepted: those of eager PyTorch, and more accurate ones that are rounded once."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pytest_kernelbench import Case, Task
from pytest_kernelbench.host.answers import Output
from pytest_kernelbench.judge.comparison.compare import compare
from pytest_kernelbench.judge.comparison.evidence import Evidence, collect_evidence, run_reference
from pytest_kernelbench.judge.correctness import facets
from pytest_kernelbench.model.task import FACETS
from pytest_kernelbench.wire.materialize import onednn_where_sound

if TYPE_CHECKING:
    import torch


def refusals(task: Task, case: Case) -> Iterator[str]:
    """Yield a line for each right answer to a case that the judge rejects, and one if the reference fails."""
    try:
        evidence = collect_evidence(task, case)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            answers = dict(right_answers(evidence))
    except Exception as error:
        yield f"{case}: {type(error).__name__}: {error}"
        return
    for name, values in answers.items():
        verdict = compare(evidence, [output(value) for value in values])
        if verdict.mismatch is not None:
            yield f"{case}: {name}: {verdict.mismatch.message.splitlines()[0]}"


def right_answers(evidence: Evidence) -> Iterator[tuple[str, list[torch.Tensor]]]:
    """Yield answers of right kernels, with the name of the arithmetic that computed them."""
    import torch

    expected = evidence.expected
    yield "eager", [each.eager for each in expected]
    if evidence.task.compare == "random":
        return  # a draw just below 1 rounds to 1, which is outside the range
    yield "float64 inside", [each.exact.to(each.eager.dtype) for each in expected]
    if any(each.eager.dtype in (torch.float16, torch.bfloat16) for each in expected):
        with onednn_where_sound(evidence.case):
            inside = run_reference(evidence.task, evidence.arguments, in_float32)
        yield "float32 inside", [inside[each.name].to(each.eager.dtype) for each in expected]


def in_float32(value: Any) -> Any:
    """Return a copy of a tensor, in float32 if it is in half precision: kernels load it so."""
    import torch

    if not isinstance(value, torch.Tensor):
        return value
    return value.float() if value.dtype in (torch.float16, torch.bfloat16) else value.clone()


def output(value: torch.Tensor) -> Output:
    """Return a tensor as it comes back from a runner."""
    value = value.detach().contiguous()
    return Output("Tensor", str(value.dtype).removeprefix("torch."), tuple(value.shape), tensor=value)


def fixed_cases(task: Task) -> list[Case]:
    """Return the fixed cases of all facets, each once."""
    return list(dict.fromkeys(case for facet in FACETS for case in facets.fixed_cases(task, facet)))


def drawn_cases(task: Task, facet: str, count: int) -> list[Case]:
    """Draw cases as the search of a facet does, the same ones each time; a task that filters is an error."""
    from hypothesis import HealthCheck, Phase, given, settings
    from hypothesis import strategies as st
    from hypothesis.errors import UnsatisfiedAssumption

    requests = facets.draw_requests(task, facet, task.dtypes)
    drawn: list[Case] = []
    filtered: list[Any] = []

    @settings(
        max_examples=count,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.data())
    def draw(data: st.DataObject) -> None:
        request = requests[data.draw(st.sampled_from(sorted(requests)))]
        try:
            drawn.append(facets.settle(task, task.cases(data.draw, request)))
        except UnsatisfiedAssumption:
            filtered.append(request)
            raise

    draw()
    assert not filtered, "cases are constructed, never filtered"
    return drawn
