"""One submission in a session: its kernels, and the record that answers each question about one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pytest_kernelbench.evaluation.submission import TRIES, SubmissionSession
from pytest_kernelbench.gpus.inventory import Gpu
from pytest_kernelbench.gpus.pool import Pool
from pytest_kernelbench.model.errors import KernelBenchError
from pytest_kernelbench.model.judging import JudgingSettings
from pytest_kernelbench.model.record import CompileRecord, Failure, Record, SpeedRecord, check
from pytest_kernelbench.model.submission import Kernel
from pytest_kernelbench.model.targets import TARGETS
from tests.unit.evaluation.conftest import CPU, KERNEL, PASSED, WRONG, Judged, Start, kernel_of

TARGET = TARGETS["sm_90"]


class TestFiles:
    def test_kernels_by_file(self, submission: SubmissionSession) -> None:
        root = submission.source.root
        assert submission.files == (root / "relu.py", root / "round_1" / "Activation" / "relu.py")
        assert kernel_of(submission).variant is None
        assert kernel_of(submission, "round_1/Activation/relu.py").variant == "round_1"
        assert submission.kernels(root / "_tools.py") == []

    def test_what_belongs_to_it(self, submission: SubmissionSession) -> None:
        root = submission.source.root
        assert all(submission.holds(root / part) for part in (".", "round_1", "round_1/Activation", "relu.py"))
        assert not any(submission.holds(root / part) for part in ("..", "_tools.py", "round_2"))
        assert submission.children(root) == [root / "relu.py", root / "round_1"]
        assert submission.children(root / "round_1") == [root / "round_1" / "Activation"]

    def test_a_mistake_costs_only_its_file(self, start: Start) -> None:
        (submission,) = start("broken").submissions
        root = submission.source.root
        assert kernel_of(submission, "Activation/relu.py").task == "relu"
        with pytest.raises(KernelBenchError, match="both are kernels for relu"):
            submission.kernels(root / "relu.py")
        with pytest.raises(KernelBenchError, match="no task is named 'nothing'"):
            submission.kernels(root / "nothing.py")

    def test_a_file_that_cannot_be_read_is_a_mistake(self, start: Start, root: Path) -> None:
        (root / "submissions" / "mine" / "gelu.py").symlink_to(root / "absent")
        (submission,) = start("mine").submissions
        with pytest.raises(KernelBenchError, match=r"gelu\.py: .*No such file"):
            submission.kernels(submission.source.root / "gelu.py")

    def test_the_marker_of_a_task(self, submission: SubmissionSession) -> None:
        assert submission.marker("relu") == "activation"


class TestMissing:
    def test_nothing_is_listed_unless_it_is_asked_for(self, submission: SubmissionSession) -> None:
        assert list(submission.missing()) == []

    @pytest.mark.parametrize("missing", ["skip", "fail"])
    def test_tasks_without_a_kernel_of_each_variant(self, start: Start, missing: str) -> None:
        (submission,) = start("mine", missing=missing).submissions
        assert list(submission.missing()) == [(None, "gelu"), (None, "silu"), ("round_1", "gelu"), ("round_1", "silu")]

    def test_its_record(self, submission: SubmissionSession) -> None:
        record = submission.missing_record("round_1", "gelu")
        check(record)
        assert (record.status, record.stage, record.variant, record.task, record.category) == (
            "missing", "absent", "round_1", "gelu", "Activation",
        )  # fmt: skip
        assert (record.kernel_sha256, record.code) == ("", {})


class TestIdentity:
    def test_of_a_correctness_record(self, submission: SubmissionSession) -> None:
        kernel = kernel_of(submission)
        identity = submission.identity(kernel, "correctness", "--kb-submission=mine")
        assert (identity.submission, identity.task, identity.category) == ("mine", "relu", "Activation")
        assert identity.device["kind"] == "cpu"
        assert identity.settings == replace(CPU, language="torch").recorded("correctness")
        assert identity.versions == submission.session.shared.versions
        assert (identity.kernel_sha256, len(identity.task_sha256)) == (kernel.sha256, 64)
        assert identity.code["lines"] == 2
        assert identity.selection == "--kb-submission=mine"

    def test_on_a_gpu_the_record_names_it_and_a_compilation_does_not(self, start: Start) -> None:
        pool = Pool((Gpu(0, "GPU-1", "NVIDIA H100", 80 << 30, "580.1"),), ("h100",))
        (submission,) = start("mine", pool=pool, judging=JudgingSettings(device="cuda:h100")).submissions
        kernel = kernel_of(submission)
        device = submission.identity(kernel, "correctness").device
        assert (device["kind"], device["model"], device["uuid"]) == ("cuda:h100", "NVIDIA H100", "GPU-1")
        assert submission.identity(kernel, "compile", target="sm_90").device.keys() == {"kind", "machine"}

    def test_a_file_that_has_gone_has_no_signals(self, submission: SubmissionSession) -> None:
        kernel = kernel_of(submission)
        kernel.source_path.unlink()
        assert submission.identity(kernel, "correctness").code == {}


@pytest.mark.parametrize(
    ("item", "made"),
    [
        ("correctness", Record),
        ("correctness@h100", Record),
        ("compile[gfx942]", CompileRecord),
        ("speed[small]", SpeedRecord),
        ("speed[small]@h100", SpeedRecord),
    ],
)
def test_a_kernel_whose_judge_is_lost_is_known_by_its_item(
    submission: SubmissionSession, item: str, made: type[Record]
) -> None:
    lost = submission.lost_record(kernel_of(submission), item, "gone")
    check(lost)
    assert (type(lost), lost.status, lost.failure) == (made, "error", Failure("load", "gone"))
    assert lost.kind == item.partition("@")[0].partition("[")[0]
    assert lost.device["kind"] == ("gfx942" if made is CompileRecord else "cpu")
    assert getattr(lost, "target", "gfx942") == "gfx942"
    assert getattr(lost, "workload", "small") == "small"


class TestJudge:
    def test_a_record_and_how_it_was_asked_for(
        self, submission: SubmissionSession, judged: Callable[..., Judged]
    ) -> None:
        stand_in = judged(PASSED)
        record, judgement = submission.judge(kernel_of(submission), "node", "--kb-submission=mine")
        assert (record.status, record.selection) == ("passed", "--kb-submission=mine")
        assert not judgement.trial.orphaned
        (asked,) = stand_in.asked
        assert (asked.key, asked.settings) == ("node", replace(CPU, language="torch"))

    @pytest.mark.parametrize(("orphaned", "tries"), [(0, 1), (1, 2), (TRIES - 1, TRIES), (9, TRIES)])
    def test_a_kernel_whose_fork_server_died_is_judged_again(
        self, submission: SubmissionSession, judged: Callable[..., Judged], orphaned: int, tries: int
    ) -> None:
        stand_in = judged(WRONG, orphaned=orphaned)
        assert submission.judge(kernel_of(submission), None)[0].status == "wrong_values"
        assert len(stand_in.asked) == tries


class TestCompile:
    @pytest.fixture
    def compiled(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., list[str]]:
        """Compile kernels as they are told, in a cache of this test alone."""
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

        def compiled(status: str = "passed", orphaned: int = 0) -> list[str]:
            seen: list[str] = []

            class Compilation:
                printed = "hello"

                def __init__(self, kernel: Kernel, task: Any, target: Any, settings: Any, identity: Any) -> None:
                    self.target, self.identity = target, identity

                def run(self) -> CompileRecord:
                    seen.append(self.target.name)
                    self.orphaned = len(seen) <= orphaned
                    return self.identity.compilation(status=status, stage="all", target=self.target.name)

            monkeypatch.setattr("pytest_kernelbench.judge.compilation.compilation.Compilation", Compilation)
            return seen

        return compiled

    def test_once_for_all_sessions(
        self, start: Start, submission: SubmissionSession, compiled: Callable[..., list[str]]
    ) -> None:
        seen = compiled()
        first, printed = submission.compile(kernel_of(submission), TARGET, "one")
        assert (first.status, first.cached, first.selection, printed) == ("passed", False, "one", "hello")
        again = start("mine").submissions[0]
        second, printed = again.compile(kernel_of(again), TARGET, "two")
        assert (second.status, second.cached, second.selection, printed) == ("passed", True, "two", "")
        assert seen == ["sm_90"]
        assert submission.compile(kernel_of(submission), TARGETS["sm_80"])[0].target == "sm_80"

    def test_what_may_come_out_otherwise_is_tried_again(
        self, submission: SubmissionSession, compiled: Callable[..., list[str]]
    ) -> None:
        seen = compiled("timeout")
        for _ in range(2):
            assert not submission.compile(kernel_of(submission), TARGET)[0].cached
        assert len(seen) == 2

    def test_a_compilation_whose_fork_server_died_is_tried_again(
        self, submission: SubmissionSession, compiled: Callable[..., list[str]]
    ) -> None:
        seen = compiled(orphaned=9)
        submission.compile(kernel_of(submission), TARGET)
        assert len(seen) == TRIES


def test_the_text_of_a_kernel(submission: SubmissionSession) -> None:
    assert kernel_of(submission).text() == KERNEL
