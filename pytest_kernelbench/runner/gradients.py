"""A call with a backward pass: the results, then the gradients of the arguments that the judge asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch

from pytest_kernelbench.runner.results import readable
from pytest_kernelbench.wire.conditions import CallConditions
from pytest_kernelbench.wire.cotangents import cotangent


def differentiated(
    call: Callable[[Mapping[str, Any]], Any], values: Mapping[str, Any], conditions: CallConditions
) -> list[Any]:
    """Call with arguments that require gradients; return the results and the gradients, None where there is none.

    With `second_backward`, the gradients of a second backward pass through the same graph follow. With `interleaved`,
    another call on other contents comes between the call and its backward pass.
    """
    named = [*conditions.differentiate]
    given = {**values, **{name: values[name].detach().requires_grad_() for name in named}}
    with torch.enable_grad():
        results = [each for each in readable(call(given)) if each.is_floating_point()]
        if conditions.interleaved:
            others = {name: (values[name].detach() * 0.5 + 0.25).requires_grad_() for name in named}
            call({**values, **others})
    passes = 2 if conditions.second_backward else 1
    gradients = [
        _backward(results, [given[name] for name in named], conditions.cotangent, retain=number + 1 < passes)
        for number in range(passes)
    ]
    return [*(each.detach() for each in results), *(each for one in gradients for each in one)]


def _backward(
    results: Sequence[torch.Tensor], inputs: Sequence[torch.Tensor], kind: str | None, *, retain: bool
) -> Sequence[torch.Tensor | None]:
    """Return the gradients of one backward pass; None for each where the results carry no gradient."""
    carrying = [(index, each) for index, each in enumerate(results) if each.requires_grad]
    if not carrying:
        return [None] * len(inputs)
    incoming = [cotangent(each.detach(), index, kind) for index, each in carrying]
    return torch.autograd.grad([each for _, each in carrying], inputs, incoming, retain_graph=retain, allow_unused=True)
