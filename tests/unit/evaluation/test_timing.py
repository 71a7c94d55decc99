"""Workloads of a submission: which are timed, and what comes before and after."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from pytest_kernelbench.evaluation.submission import SubmissionSession
from pytest_kernelbench.evaluation.timing import untimed
from pytest_kernelbench.gpus.inventory import Gpu
from pytest_kernelbench.gpus.pool import Pool
from pytest_kernelbench.model.judging import JudgingSettings
from pytest_kernelbench.model.record import Failure, SpeedRecord
from pytest_kernelbench.model.submission import Kernel
from pytest_kernelbench.model.targets import TARGETS
from pytest_kernelbench.model.turns import UNDIVIDED
from tests.unit.evaluation.conftest import CPU, PASSED, WRONG, Judged, Start, kernel_of

TARGET = TARGETS["sm_90"]


class TestWorkloads:
    def test_all_of_the_task(self, submission: SubmissionSession) -> None:
        assert submission.workloads(kernel_of(submission)) == ["small", "large"]

    def test_none_where_one_case_is_replayed(self, start: Start, submission: SubmissionSession) -> None:
        case = submission.session.catalogue.load("relu").fixed_cases[0]
        (replaying,) = start("mine", judging=replace(CPU, case=case)).submissions
        assert replaying.workloads(kernel_of(replaying)) == []

    @pytest.mark.parametrize(("asks", "names"), [(False, []), (True, ["small", "large"])])
    def test_where_the_device_cannot_time_they_must_be_asked_for(
        self, start: Start, asks: bool, names: list[str]
    ) -> None:
        settings = {"judging": JudgingSettings(device="interpreter"), "asks_for_speed": asks}
        (submission,) = start("mine", **settings).submissions
        assert submission.workloads(kernel_of(submission)) == names


@pytest.mark.parametrize(
    ("device", "language", "reason"),
    [
        ("interpreter", "triton", "interpreter"),
        ("interpreter", "torch", "interpreter"),
        ("cpu", "triton", "a kernel in triton is timed on a GPU"),
        ("cpu", "torch", None),
        ("cuda:h100", "triton", None),
    ],
)
def test_which_kernels_a_device_can_time(device: str, language: str, reason: str | None) -> None:
    found = untimed(device, language)
    assert found is None if reason is None else reason in str(found)


class TestTime:
    @pytest.fixture
    def timed(self, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
        """Workloads that were timed, and what was closed; nothing is."""
        seen: list[Any] = []

        class Benchmark:
            def __init__(
                self, kernel: Kernel, task: Any, code: str, workload: str, settings: Any, identity: Any, *rest: Any
            ) -> None:
                self.workload, self.identity, self.turns = workload, identity, rest[-2]
                assert "def reference" in code

            def run(self) -> SpeedRecord:
                seen.append("held" if self.turns is UNDIVIDED else self.turns.path.stem)
                seen.append(self.workload)
                return self.identity.speed(status="passed", stage="basic", workload=self.workload, ratio=2.0)

        monkeypatch.setattr("pytest_kernelbench.judge.speed.benchmark.SpeedBenchmark", Benchmark)
        monkeypatch.setattr(
            "pytest_kernelbench.evaluation.submission.speed_backend",
            lambda session: SimpleNamespace(close=lambda: seen.append("closed")),
        )
        return seen

    def test_on_a_gpu_the_plainest_cases_are_judged_while_others_time(
        self, start: Start, judged: Callable[..., Judged], timed: list[Any]
    ) -> None:
        judged(PASSED)
        pool = Pool((Gpu(0, "GPU-1", "NVIDIA H100", 80 << 30, "580.1"),), ("h100",))
        (submission,) = start(
            "mine", judging=JudgingSettings(device="cuda:h100", gpu_uuid="GPU-1"), pool=pool
        ).submissions
        assert submission.time(kernel_of(submission), "small").ratio == 2.0
        assert timed == ["GPU-1", "small", "closed"]

    def test_a_right_kernel(
        self, submission: SubmissionSession, judged: Callable[..., Judged], timed: list[Any]
    ) -> None:
        stand_in = judged(PASSED)
        kernel = kernel_of(submission)
        assert submission.time(kernel, "small").ratio == 2.0
        assert submission.time(kernel, "large").ratio == 2.0
        assert timed == ["held", "small", "closed", "held", "large", "closed"]
        (asked,) = stand_in.asked  # once for both workloads, on the plainest cases
        assert (asked.settings.facets, asked.settings.examples, asked.key) == (("basic",), 0, None)

    @pytest.mark.parametrize(
        ("found", "message"),
        [
            (WRONG, "got 1"),
            ({**PASSED, "status": "rejected", "failure": Failure("decoy", "no work")}, "no work"),
            ({"status": "load_error", "stage": "absent"}, "it is load_error"),
        ],
    )
    def test_a_kernel_that_is_wrong_or_rejected_is_not_timed(
        self,
        submission: SubmissionSession,
        judged: Callable[..., Judged],
        timed: list[Any],
        found: dict[str, Any],
        message: str,
    ) -> None:
        judged(found)
        record = submission.time(kernel_of(submission), "small")
        assert (record.status, record.workload, record.ratio) == (found["status"], "small", None)
        assert record.failure is not None
        assert message in record.failure.message
        assert timed == []

    def test_what_this_session_has_judged_is_not_judged_again(
        self, submission: SubmissionSession, judged: Callable[..., Judged], timed: list[Any]
    ) -> None:
        stand_in = judged(PASSED)
        kernel = kernel_of(submission)
        submission.judge(kernel, None)
        submission.time(kernel, "small")
        assert len(stand_in.asked) == 1

    def test_a_device_that_cannot_time_judges_nothing(self, start: Start, judged: Callable[..., Judged]) -> None:
        stand_in = judged(PASSED)
        (submission,) = start("mine", judging=JudgingSettings(device="interpreter")).submissions
        record = submission.time(kernel_of(submission), "small")
        assert (record.status, record.failure) == (
            "unsupported", Failure("workload", str(untimed("interpreter", "torch"))),
        )  # fmt: skip
        assert stand_in.asked == []
