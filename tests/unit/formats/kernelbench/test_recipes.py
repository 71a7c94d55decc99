from __future__ import annotations

from types import ModuleType

import pytest
import torch

from pytest_kernelbench.formats.kernelbench.problem import Namespace
from pytest_kernelbench.formats.kernelbench.recipes import draw_inputs, fills_of
from pytest_kernelbench.model.case import Tensor

CPU, META = torch.device("cpu"), torch.device("meta")


def namespace(expression: str) -> Namespace:
    module = ModuleType("problem")
    exec(f"import torch\ndef get_inputs():\n    return [{expression}]", module.__dict__)
    return Namespace(module)


@pytest.mark.parametrize(
    ("expression", "fill"),
    [
        ("torch.rand(4, 5)", "uniform(0, 1)"),
        ("torch.randn(4, 5)", "normal"),
        ("torch.randint(0, 7, (4,))", "integers(0, 7)"),
        ("torch.randint(7, (4,))", "integers(0, 7)"),
        ("torch.randint(low=2, high=9, size=(4,))", "integers(2, 9)"),
        ("torch.zeros(4)", "constant(0)"),
    ],
)
def test_a_draw_keeps_its_distribution(expression: str, fill: str) -> None:
    (drawn,) = draw_inputs(namespace(expression), META)
    assert drawn.fill == fill
    assert drawn.recipe("normal").fill == fill


@pytest.mark.parametrize(
    ("expression", "fill"),
    [
        ("torch.rand(5, 5).triu()", "upper"),
        ("torch.rand(5, 5).tril()", "lower"),
        ("(lambda a: a + a.T)(torch.rand(5, 5))", "symmetric"),
        ("torch.rand(3, 9).softmax(-1)", "probabilities"),
        ("torch.randint(0, 2, (40,)).float() * 2 - 1", "signs"),
        ("torch.randint(0, 2, (40,)).bool()", "bernoulli(0.5)"),
        ("torch.rand(40) * 0 + 3", "constant(3.0)"),
        ("torch.rand(400).mul_(1)", "uniform(0, 1)"),
        ("torch.randn(400) + 0", "normal"),
        ("torch.randint(0, 9, (400,)).float()", "integers(0, 9)"),
    ],
)
def test_what_is_computed_from_draws_is_seen_in_its_contents(expression: str, fill: str) -> None:
    made = namespace(expression)
    assert draw_inputs(made, CPU)[0].fill is None
    assert fills_of(made) == [fill]


def test_other_values_are_constants() -> None:
    scalar, tensor = draw_inputs(namespace("3.5, torch.rand(2, 3)"), META)
    assert scalar.recipe("normal") == 3.5
    assert tensor.recipe("normal") == Tensor((2, 3), fill="uniform(0, 1)")
