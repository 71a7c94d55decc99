"""Calling conventions: which arguments are passed by position, and how optimizers are stepped."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import pytest

from pytest_kernelbench.wire.calling_conventions import call, invoke


def published(function: Callable[..., Any]) -> list[tuple[str, str]]:
    return [(name, each.kind.name) for name, each in inspect.signature(function).parameters.items()]


PLAIN = published(lambda input, dim, keepdim=False, *, out=None: None)
VARIADIC = published(lambda *size, dtype=None: None)


@pytest.mark.parametrize(
    ("entry", "values", "seen"),
    [
        (lambda *args, **names: (args, names), {"input": 1, "dim": 2, "keepdim": 3, "out": 4}, ((1, 2, 3), {"out": 4})),
        (lambda *args, **names: (args, names), {"input": 1, "keepdim": 3}, ((1,), {"keepdim": 3})),
        (lambda x, axis, keep: (x, axis, keep), {"input": 1, "dim": 2, "keepdim": 3}, (1, 2, 3)),
        (lambda x, y, out=None: (x, y, out), {"input": 1, "dim": 2, "out": 4}, (1, 2, 4)),
        (lambda x, *, dim: (x, dim), {"input": 1, "dim": 2}, (1, 2)),
        (lambda dim, input: (input, dim), {"input": 1, "dim": 2}, (1, 2)),
        (lambda input, extra=0, dim=0: (input, extra, dim), {"input": 1, "dim": 2}, (1, 0, 2)),
        (max, {"input": 1, "dim": 2}, 2),
    ],
)
def test_position_where_the_signature_allows_it(entry: Callable[..., Any], values: dict[str, Any], seen: Any) -> None:
    assert call(entry, PLAIN, values) == seen


def test_variadic_arguments_are_spread() -> None:
    seen = call(lambda *args, **names: (args, names), VARIADIC, {"size": (3, 4), "dtype": "f"})
    assert seen == ((3, 4), {"dtype": "f"})


def test_arguments_that_an_entry_point_lacks_are_its_own_mistake() -> None:
    with pytest.raises(TypeError, match="dim"):
        call(lambda x: x, PLAIN, {"input": 1, "dim": 2})


def test_an_optimizer_is_made_once_and_stepped_for_each_list_of_gradients() -> None:
    import torch

    made = []

    class Descent:
        def __init__(self, params: list[torch.Tensor], rate: float) -> None:
            made.append(self)
            self.params, self.rate = params, rate
            assert all(param.is_leaf and param.requires_grad for param in params)

        def step(self) -> None:
            with torch.no_grad():
                for param in self.params:
                    param -= self.rate * param.grad

    start = torch.tensor([1.0, 2.0])
    gradients = [[torch.tensor([1.0, 0.0])], [torch.tensor([0.0, 1.0])]]
    parameters = published(lambda params, rate=0.1: None)
    values = {"params": [start], "rate": 0.5, "gradients": gradients}
    (result,) = invoke("optimizer", Descent, parameters, values)
    assert result.tolist() == [0.5, 1.5]
    assert not result.requires_grad
    assert len(made) == 1
    assert gradients[0][0].tolist() == [1.0, 0.0]


def test_options_change_between_steps_and_a_parameter_may_have_no_gradient() -> None:
    import torch

    start = [torch.tensor([1.0]), torch.tensor([1.0])]
    one = torch.tensor([1.0])
    parameters = published(lambda params, lr=0.1: None)
    values = {
        "params": start,
        "lr": 0.5,
        "gradients": [[one, None], [None, one], [one, one]],
        "changes": [(), (("lr", 0.25), ("momentum", 0.0))],
    }
    first, second = invoke("optimizer", torch.optim.SGD, parameters, values)
    assert (first.item(), second.item()) == (0.25, 0.5)
