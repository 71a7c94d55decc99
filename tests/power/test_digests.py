"""Digests of tasks change with what is judged, and with nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_kernelbench.authoring.families import contracts
from pytest_kernelbench.model.catalogue import Catalogue
from tests.power.matrix.digests import digest

TASK = '''"""Twice the input."""

from __future__ import annotations

from pytest_kernelbench import Case, Tensor
from pytest_kernelbench.authoring.families.contracts import any_shape
from pytest_kernelbench.authoring.strategies import elementwise

FACTOR = 2


def reference(input):
    return scaled(input)


def scaled(x):
    """Return the scaled input."""
    return x * FACTOR


task = elementwise(reference, contract=any_shape(), workloads={"large": Case(input=Tensor((4096,)))})
'''


def digest_of(folder: Path, text: str) -> str:
    """Return the digest of a task whose file has this text."""
    file = folder / f"tasks_{len(list(folder.iterdir()))}" / "math" / "twice.py"
    file.parent.mkdir(parents=True)
    file.write_text(text, encoding="utf-8")
    return digest(Catalogue.find([file.parents[1]]).load("twice"))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Twice the input.", "Input times 2."),
        ("Return the scaled input.", "Return the input times FACTOR."),
        ("    return scaled(input)", "    # It is exact.\n    return scaled(input)"),
        ("return x * FACTOR", "return x*FACTOR"),
    ],
)
def test_a_digest_does_not_depend_on_comments_and_layout(tmp_path: Path, old: str, new: str) -> None:
    assert old in TASK
    assert digest_of(tmp_path, TASK) == digest_of(tmp_path, TASK.replace(old, new))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("return scaled(input)", "return scaled(input) + 0"),
        ("return x * FACTOR", "return x + x"),
        ("FACTOR = 2", "FACTOR = 2.0"),
        ("any_shape()", "any_shape(inf=False)"),
        ("(4096,)", "(8192,)"),
        ("elementwise(reference,", 'elementwise(reference, dtypes=("float32",),'),
        ("elementwise(reference,", 'elementwise(reference, keywords=({"input": Tensor((7,))},),'),
    ],
)
def test_a_digest_depends_on_formulas_cases_and_contract(tmp_path: Path, old: str, new: str) -> None:
    assert old in TASK
    assert digest_of(tmp_path, TASK) != digest_of(tmp_path, TASK.replace(old, new))


def test_a_digest_depends_on_families(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = digest_of(tmp_path, TASK)
    monkeypatch.setattr(contracts, "VALUE_FILLS", ("normal(0, 30)",))
    assert digest_of(tmp_path, TASK) != before
