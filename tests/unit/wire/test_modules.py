from __future__ import annotations

import sys
from types import ModuleType

import pytest
import torch
from torch import nn

from pytest_kernelbench.wire.modules import PROBLEM, ModuleEntry, ReferenceModule, constructed


class Model(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = nn.Linear(width, 3)
        self.second = nn.Linear(3, 2)

    def forward(self, x: torch.Tensor, *, bias: bool = True) -> torch.Tensor:
        return self.second(self.first(x)) + bias


class Swapped(nn.Module):
    """Draws the parameters in another order."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.second = nn.Linear(3, 2)
        self.first = nn.Linear(width, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.second(self.first(x)) + 1


class Renamed(nn.Module):
    """Has a parameter of another name, made by the same draws, and packs it at its construction."""

    def __init__(self, width: int) -> None:
        super().__init__()
        one = nn.Linear(width, 3)
        self.packed = one.weight.detach().t().contiguous()
        self.offset = nn.Parameter(one.bias.detach().clone())
        self.last = nn.Linear(3, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.last(x @ self.packed + self.offset) + 1


@pytest.fixture
def problem(monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType(PROBLEM)
    setattr(module, "Model", Model)  # noqa: B010
    monkeypatch.setitem(sys.modules, PROBLEM, module)


X = torch.linspace(-1, 1, 8).reshape(2, 4)
CASE = {"x": X, "init_inputs": (4,), "training": True}
PARAMETERS = [("x", "POSITIONAL_OR_KEYWORD"), ("init_inputs", "KEYWORD_ONLY"), ("training", "KEYWORD_ONLY")]


@pytest.mark.usefixtures("problem")
@pytest.mark.parametrize("made", [Model, Swapped, Renamed])
def test_a_module_gets_the_parameters_of_the_reference(made: type[nn.Module]) -> None:
    wanted = ReferenceModule(Model)(X, init_inputs=(4,), training=True)
    found = ModuleEntry(made).bound(PARAMETERS, CASE)()
    assert torch.allclose(found, wanted, atol=1e-6)
    assert not found.requires_grad


@pytest.mark.usefixtures("problem")
@pytest.mark.parametrize("made", [Model, Swapped, Renamed])
def test_a_case_names_the_seed_of_the_parameters(made: type[nn.Module]) -> None:
    wanted = ReferenceModule(Model)(X, init_inputs=(4,), training=True, parameter_seed=43)
    entry = ModuleEntry(made)
    assert not torch.allclose(entry.bound(PARAMETERS, CASE)(), wanted, atol=1e-3)
    assert torch.allclose(entry.bound(PARAMETERS, {**CASE, "parameter_seed": 43})(), wanted, atol=1e-6)


@pytest.mark.usefixtures("problem")
def test_modules_are_kept_between_calls_and_per_arguments() -> None:
    entry = ModuleEntry(Model)
    assert entry.module(CASE) is entry.module({**CASE, "x": X + 1})
    assert entry.module(CASE) is not entry.module({**CASE, "training": False})
    assert entry.module({**CASE, "training": False}).training is False


@pytest.mark.usefixtures("problem")
def test_a_module_without_contents_is_not_kept() -> None:
    entry = ModuleEntry(Model)
    assert all(each.is_meta for each in entry.module({**CASE, "x": X.to("meta")}).parameters())
    assert not any(each.is_meta for each in entry.module(CASE).parameters())


class Counting(nn.Module):
    """Its result depends on how often it was called."""

    calls: torch.Tensor

    def __init__(self, width: int) -> None:
        super().__init__()
        self.register_buffer("calls", torch.zeros(()))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.calls += 1
        return x * self.calls


@pytest.mark.usefixtures("problem")
def test_no_result_depends_on_earlier_calls() -> None:
    entry, reference = ModuleEntry(Counting), ReferenceModule(Counting)
    for _ in range(3):
        entry.prepare(CASE)
        assert torch.equal(entry.bound(PARAMETERS, CASE)(), X)
        assert torch.equal(reference(X, init_inputs=(4,), training=True), X)


def test_the_reference_follows_the_dtype_of_its_tensors() -> None:
    reference = ReferenceModule(Model)
    single, double = (reference(x, init_inputs=(4,), training=True) for x in (X, X.double()))
    assert double.dtype == torch.float64
    assert torch.allclose(single.double(), double, atol=1e-6)
    assert list(reference.__signature__.parameters) == ["x", "bias", "init_inputs", "training", "parameter_seed"]


def test_construction_leaves_the_random_state() -> None:
    before = torch.random.get_rng_state()
    constructed(Model, (4,), training=True)
    assert torch.equal(before, torch.random.get_rng_state())
