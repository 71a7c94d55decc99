"""Submissions in a folder, and a session that judges them on the CPU."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TypeAlias

import pytest

from pytest_kernelbench.evaluation.session import EvaluationSession
from pytest_kernelbench.evaluation.settings import Settings
from pytest_kernelbench.evaluation.submission import SubmissionSession
from pytest_kernelbench.model.judging import JudgingSettings
from pytest_kernelbench.model.record import Failure, RecordIdentity
from pytest_kernelbench.model.submission import Kernel

TASK = """
from pytest_kernelbench import Case, Task, Tensor

def reference(input):
    return input.relu()

case = Case(input=Tensor((3,)))
task = Task(reference, lambda draw, given: case, fixed_cases=(case,), workloads={"small": case, "large": case})
"""

KERNEL = "def relu(input):\n    return input.relu()\n"

CPU = JudgingSettings(device="cpu")

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


@pytest.fixture
def submission(start: Start) -> SubmissionSession:
    """The submission `mine`, which is in torch, judged on the CPU."""
    return start("mine").submissions[0]


def kernel_of(submission: SubmissionSession, path: str = "relu.py") -> Kernel:
    (kernel,) = submission.kernels(submission.source.root / path)
    return kernel


class Judged:
    """Stands in for `Judgement`: remembers what it was asked, and gives records in their order."""

    def __init__(self, *found: dict[str, Any], orphaned: int = 0) -> None:
        self.asked: list[SimpleNamespace] = []
        self._found, self._orphaned = list(found), orphaned

    def __call__(
        self,
        kernel: Kernel,
        task: Any,
        settings: JudgingSettings,
        oracle: Any,
        identity: RecordIdentity,
        *,
        key: Any,
        spares: Any,
        kept: Any,
        turns: Any,
    ) -> Any:
        found = self._found[min(len(self.asked), len(self._found) - 1)]
        self.asked.append(SimpleNamespace(kernel=kernel, settings=settings, key=key))
        trial = SimpleNamespace(orphaned=len(self.asked) <= self._orphaned)
        return SimpleNamespace(run=lambda: identity.correctness(**found), trial=trial)


PASSED = {"status": "passed", "stage": "basic", "facets": {"basic": "passed"}}
WRONG = {"status": "wrong_values", "stage": "runs", "facets": {"basic": "wrong_values"},
         "failure": Failure("basic", "got 1")}  # fmt: skip


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Judged]:
    """Judge kernels as they are told, without running them."""

    def judged(*found: dict[str, Any], orphaned: int = 0) -> Judged:
        stand_in = Judged(*found, orphaned=orphaned)
        monkeypatch.setattr("pytest_kernelbench.judge.correctness.judgement.Judgement", stand_in)
        return stand_in

    return judged
