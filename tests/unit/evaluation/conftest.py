"""Submissions in a folder, and a session that judges them on the CPU."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from pytest_kernelbench.evaluation.session import EvaluationSession
from pytest_kernelbench.evaluation.settings import Settings
from pytest_kernelbench.model.judging import JudgingSettings

TASK = """
from pytest_kernelbench import Case, Task, Tensor

def reference(input):
    return input.relu()

case = Case(input=Tensor((3,)))
task = Task(reference, lambda draw, given: case, fixed_cases=(case,), workloads={"small": case, "large": case})
"""

KERNEL = "def relu(input):\n    return input.relu()\n"

Start: TypeAlias = Callable[..., EvaluationSession]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder with the submission `mine`: kernels in files, one of them of a variant, and in lines."""
    files = {
        "submissions/mine/relu.py": KERNEL,
        "submissions/mine/round_1/Activation/relu.py": KERNEL,
        "submissions/mine/submission.toml": 'language = "torch"',
        "submissions/mine/_tools.py": "",
        "submissions/lines/predictions.jsonl": '{"file": "gelu.py", "predict": "x = 1"}\n',
        "submissions/broken/relu.py": KERNEL,
        "submissions/broken/Activation/relu.py": KERNEL,
        "submissions/broken/nothing.py": "",
    }
    files |= {f"tasks/activation/{name}.py": TASK for name in ("relu", "gelu", "silu")}
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path


@pytest.fixture
def start(root: Path, monkeypatch: pytest.MonkeyPatch) -> Start:
    """Start a session over submissions; further arguments are fields of its settings."""
    monkeypatch.setattr("pytest_kernelbench.model.catalogue.default_root", lambda: root / "tasks")

    def session(*names: str, judging: JudgingSettings | None = None, **fields: Any) -> EvaluationSession:
        settings = Settings(judging=judging or JudgingSettings(device="cpu"), submissions=names, **fields)
        return EvaluationSession.start(settings, root, root)

    return session
