"""Whether right answers are accepted: eager PyTorch's own, and more accurate ones rounded once."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pytest_kernelbench import Case, Task
from pytest_kernelbench.judge import facets, oracle
from pytest_kernelbench.judge.compare import compare
from pytest_kernelbench.model.task import FACETS
from pytest_kernelbench.runner.answers import Output
from pytest_kernelbench.runner.materialize import onednn_where_sound

if TYPE_CHECKING:
    import torch


def refusals(task: Task, case: Case) -> Iterator[str]:
    """Yield a line for each right answer to a case that the judge refuses, and for a reference that fails."""
    try:
        evidence = oracle.evaluate(task, case)
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


def right_answers(evidence: oracle.Evidence) -> Iterator[tuple[str, list[torch.Tensor]]]:
    """Yield answers that a right kernel may give, named by how they were computed."""
    import torch

    wanted = evidence.wanted
    yield "eager", [want.eager for want in wanted]
    if evidence.task.compare == "random":
        return  # a draw just below 1 rounds to 1, which is outside of the range
    yield "float64 inside", [want.exact.to(want.eager.dtype) for want in wanted]
    if any(want.eager.dtype in (torch.float16, torch.bfloat16) for want in wanted):
        with onednn_where_sound(evidence.case):
            inside = oracle._results(evidence.task, evidence.arguments, in_float32)
        yield "float32 inside", [inside[want.name].to(want.eager.dtype) for want in wanted]


def in_float32(value: Any) -> Any:
    """Return a copy of a tensor, in float32 where it is of half precision, as kernels load it."""
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
    return list(dict.fromkeys(case for facet in FACETS for case in facets.spine(task, facet)))


def drawn_cases(task: Task, facet: str, count: int) -> list[Case]:
    """Draw cases as the search of a facet does, the same ones each time; a task that filters is at fault."""
    from hypothesis import HealthCheck, Phase, given, settings
    from hypothesis import strategies as st
    from hypothesis.errors import UnsatisfiedAssumption

    asked = facets.given(task, facet, task.dtypes)
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
        given_dtype = asked[data.draw(st.sampled_from(sorted(asked)))]
        try:
            drawn.append(facets.settle(task, task.cases(data.draw, given_dtype)))
        except UnsatisfiedAssumption:
            filtered.append(given_dtype)
            raise

    draw()
    assert not filtered, "cases are constructed, never filtered"
    return drawn
