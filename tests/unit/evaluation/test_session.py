"""An evaluation session: its submissions and tasks, what it remembers, and the state of the sandbox."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pytest_kernelbench.evaluation.session import VERSIONED, EvaluationSession, SharedState
from pytest_kernelbench.gpus.inventory import Gpu
from pytest_kernelbench.model.catalogue import Catalogue
from pytest_kernelbench.model.errors import KernelBenchError
from pytest_kernelbench.model.judging import JudgingSettings
from pytest_kernelbench.model.turns import UNDIVIDED
from tests.support.records import correctness
from tests.unit.evaluation.conftest import TASK, Start


def test_the_submissions_that_are_selected(start: Start, root: Path) -> None:
    session = start("mine", "lines")
    assert [submission.source.name for submission in session.submissions] == ["mine", "lines"]
    mine, lines = session.submissions
    assert session.submission_of(root / "submissions" / "mine" / "relu.py") is mine
    assert session.submission_of(root / "submissions" / "lines" / "predictions.jsonl") is lines
    assert session.submission_of(root / "submissions" / "mine" / "_tools.py") is None
    assert session.submission_of(root / "elsewhere") is None


def test_a_submission_that_is_not_there(start: Start) -> None:
    with pytest.raises(KernelBenchError, match=r"no submission 'mime' in .* did you mean mine"):
        start("mime")


def test_the_users_tasks_are_beside_the_shipped_ones(start: Start, root: Path) -> None:
    own = root / "own" / "math"
    own.mkdir(parents=True)
    (own / "exp.py").write_text(TASK)
    catalogue = start("mine", tasks=root / "own").catalogue
    assert (list(catalogue.names()), catalogue.own) == (["exp", "gelu", "relu", "silu"], 1)


def test_records_of_an_earlier_session_are_known_where_they_are_asked_for(start: Start, tmp_path: Path) -> None:
    file = tmp_path / "results.jsonl"
    file.write_text(correctness("relu").to_json() + "\n")
    assert start("mine", results=file, resume=True).known.records == 1
    assert start("mine", results=file).known.records == 0
    assert start("mine", results=tmp_path / "absent.jsonl", resume=True).known.records == 0


def state(gpu: Gpu | None = None) -> SharedState:
    return SharedState(Catalogue([]), gpu)


def test_the_lock_is_that_of_the_gpu_and_only_a_gpu_has_turns() -> None:
    one, other = (state(Gpu(0, uuid, "NVIDIA H100", 80 << 30, "580.1")) for uuid in ("GPU-1", "GPU-2"))
    assert [one.lock.path.stem, other.lock.path.stem] == ["GPU-1", "GPU-2"]
    assert one.turns is one.lock
    assert state().lock.path.stem.startswith("cpu-")
    assert state().turns is UNDIVIDED


class TestSharedState:
    def test_versions(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("TRITON_DEFAULT_FP_FUSION", raising=False)
        versions = state().versions
        assert set(versions) == {"python", "fp_fusion", *VERSIONED}
        assert versions["fp_fusion"] == "1"
        monkeypatch.setenv("TRITON_DEFAULT_FP_FUSION", "0")
        monkeypatch.setattr("pytest_kernelbench.evaluation.session.VERSIONED", ("no-such-package",))
        other = state().versions
        assert (other["fp_fusion"], other["no-such-package"]) == ("0", "absent")

    def test_without_a_gpu_there_is_no_roofline_and_eager_runs_here(self) -> None:
        shared = state()
        assert shared.roofline is None
        assert shared.oracle.eager_runner("relu") is None
        assert shared.oracle is shared.oracle
        shared.close()

    def test_on_a_gpu_eager_runs_there_and_is_ended(self, monkeypatch: pytest.MonkeyPatch) -> None:
        seen: list[Any] = []

        class GpuEager:
            def __init__(self, device: str, code: object, turns: object) -> None:
                seen.append(device)

            def of(self, name: str) -> str:
                return f"eager of {name}"

            def close(self) -> None:
                seen.append("closed")

        monkeypatch.setattr("pytest_kernelbench.judge.comparison.gpu_eager.GpuEager", GpuEager)
        shared = state(Gpu(0, "GPU-1", "NVIDIA H100"))
        assert shared.oracle.eager_runner("relu") == "eager of relu"
        assert seen == ["cuda:GPU-1"]
        shared.close()
        assert seen == ["cuda:GPU-1", "closed"]


def measure(name: str, holds: bool) -> SimpleNamespace:
    return SimpleNamespace(name=name, holds=holds, broken=f"it used the {name}", advice=f"not use the {name}")


class TestUnconfined:
    @pytest.fixture
    def session(self, start: Start, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Any:
        """Return a session with a sandbox of which some measures hold."""

        def session(mode: str, *measures: SimpleNamespace) -> EvaluationSession:
            monkeypatch.setattr("pytest_kernelbench.sandbox.self_test.measures", lambda: list(measures))
            return start("mine", judging=JudgingSettings(sandbox=mode))

        return session

    @pytest.mark.parametrize("mode", ["best", "strict"])
    def test_where_everything_holds_there_is_nothing_to_say(self, session: Any, mode: str) -> None:
        assert session(mode, measure("network", True)).unconfined() == ""

    def test_what_does_not_hold_is_named(self, session: Any) -> None:
        text = session("best", measure("network", False), measure("memory", True), measure("files", False)).unconfined()
        assert "network, files" in text
        assert "memory" not in text
        assert "doctor" in text

    def test_a_strict_session_does_not_start(self, session: Any) -> None:
        strict = session("strict", measure("network", False))
        with pytest.raises(KernelBenchError) as error:
            strict.unconfined()
        first, second = str(error.value).splitlines()
        assert first.startswith("--kb-sandbox=strict: ")
        assert second == "  network: it used the network; must not use the network"

    def test_without_a_sandbox_nothing_is_tried(self, session: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        off = session("off")
        monkeypatch.setattr("pytest_kernelbench.sandbox.self_test.measures", lambda: pytest.fail("tried"))
        assert off.unconfined().startswith("no sandbox (--kb-sandbox=off): ")
