from __future__ import annotations

from pathlib import Path

import pytest

from pytest_kernelbench.formats.kernelbench.probe import Probe
from pytest_kernelbench.formats.kernelbench.problem import Problem
from pytest_kernelbench.formats.kernelbench.sizes import Scaled, scaled
from tests.support.problems import MIX

FORM = """
import torch
import torch.nn as nn
class Model(nn.Module):
    def __init__(self, *numbers):
        super().__init__()
        {construct}
    def forward(self, *inputs):
        return {forward}
{numbers}
def get_inputs():
    return [{inputs}]
def get_init_inputs():
    return [{given}]
"""


def found(tmp_path: Path, text: str) -> tuple[Scaled, Probe]:
    path = tmp_path / "1_Some.py"
    path.write_text(text)
    probe = Probe(Problem.read(path))
    probe.published = probe.outcome({})
    assert probe.published is not None
    return scaled(probe), probe


def problem(*, numbers: str, inputs: str, forward: str, construct: str = "pass", given: str = "") -> str:
    return FORM.format(construct=construct, forward=forward, numbers=numbers, inputs=inputs, given=given)


CASES = {
    "free": (
        problem(numbers="a = 100\nb = 300", inputs="torch.rand(a, b)", forward="inputs[0].exp()"),
        {("a",), ("b",)},
    ),
    "equal": (
        problem(numbers="a = 90\nb = 90", inputs="torch.rand(a, 4), torch.rand(4, b)",
                forward="inputs[0] @ inputs[1] + (inputs[0] @ inputs[1]).T"),
        {("a", "b")},
    ),
    "proportional": (
        problem(numbers="a = 60\nb = 30", inputs="torch.rand(17, b)", given="a",
                construct="self.norm = nn.LayerNorm(numbers[0])", forward="self.norm(torch.cat([inputs[0]] * 2, 1))"),
        {("a", "b")},
    ),
    "multiple": (
        problem(numbers="a = 96", inputs="torch.rand(17, a)", forward="inputs[0].reshape(17, -1, 6).sum(-1)"),
        {("a",)},
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", CASES)
def test_relations_that_the_reference_needs_are_kept(tmp_path: Path, kind: str) -> None:
    text, names = CASES[kind]
    result, probe = found(tmp_path, text)
    assert {each.names for each in result.relations if each.kind == kind} == names
    assert all(value <= 24 for value in result.base.values())
    for relation in result.relations:
        value = probe.sizes(result.base)[relation.names[0]]
        for factor in range(4):
            assert probe.takes({**result.base, **relation.at(value + factor * relation.step)})


def test_groups_shrink_with_what_they_divide(tmp_path: Path) -> None:
    result, _ = found(tmp_path, MIX)
    assert result.base["features"] <= 24
    assert result.base["features"] % result.base["groups"] == 0
    assert {each.names[0]: each.step for each in result.relations}["features"] == result.base["groups"] < 12
    assert result.batch is not None
    assert result.batch.names == ("batch",)
    assert not result.fixed


def test_what_the_reference_needs_as_it_is_stays(tmp_path: Path) -> None:
    text = problem(numbers="a = 50\nb = 70", inputs="torch.rand(a, b)", forward="inputs[0] @ torch.ones(70, 2)")
    result, _ = found(tmp_path, text)
    assert result.fixed == ("b",)
    assert "b" not in result.base


def test_no_dimension_of_the_result_collapses(tmp_path: Path) -> None:
    text = problem(numbers="a = 64", inputs="torch.rand(2, 3, a, a)", forward="nn.functional.max_pool2d(inputs[0], 8)")
    result, probe = found(tmp_path, text)
    outcome = probe.outcome(result.base)
    assert outcome is not None
    assert outcome.results == ((2, 3, 2, 2),)
