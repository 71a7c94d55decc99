"""Comparisons on another device than the CPU: whatever they make is where the outputs are."""

from __future__ import annotations

import pytest

from pytest_kernelbench.judge.comparison.compare import compare
from pytest_kernelbench.judge.comparison.evidence import collect_evidence
from pytest_kernelbench.judge.speed.assessing import ON_DEVICE
from pytest_kernelbench.model.catalogue import Catalogue
from tests.support.judging import output


@pytest.mark.parametrize("wrong", [False, True])
@pytest.mark.parametrize(
    ("comparison", "name"),
    [
        ("values", "matmul"),
        ("gathered", "argmax"),
        ("dropout", "fused_hardshrink_dropout"),
        ("quantised", "gelu_int8"),
        ("residual", "invert_matrix_lu"),
    ],
)
def test_no_tensor_is_made_on_the_default_device(comparison: str, name: str, wrong: bool) -> None:
    """A tensor on the device `meta` cannot be combined with others, as one on the CPU cannot with those on a GPU."""
    import torch

    task = Catalogue.find().load(name)
    assert (task.compare, comparison in ON_DEVICE) == (comparison, True)
    evidence = collect_evidence(task, task.fixed_cases[0], 1)
    outputs = [output(each.eager + 3 if wrong else each.eager) for each in evidence.expected]
    with torch.device("meta"):
        found = compare(evidence, outputs)
    assert found == compare(evidence, outputs)
    assert comparison == "dropout" or (found.mismatch is not None) is wrong
