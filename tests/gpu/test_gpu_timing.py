"""Timing on a real GPU: device time agrees with that of single calls, and a reference is as fast as itself."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from pytest_kernelbench.evaluation.submission import SubmissionSession
from pytest_kernelbench.gpus.inventory import Gpu
from pytest_kernelbench.gpus.roofline import published, roofline
from pytest_kernelbench.model.case import Case, Tensor, leaves
from pytest_kernelbench.model.catalogue import Catalogue
from pytest_kernelbench.model.source import Source
from pytest_kernelbench.model.submission import Metadata, kernel_of
from tests.gpu import session_on

pytestmark = pytest.mark.gpu

ROOT = Path(__file__).parents[2]


def test_device_time_agrees_with_flushed_calls(gpu: Gpu) -> None:
    command = [sys.executable, str(ROOT / "benchmarks" / "on_a_gpu.py"), "--section", "agreement"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    rows = re.findall(r"\| ([\d.]+) \| [\d.]+ \| ([-+][\d.]+) % \| [\d.]+ \|", done.stdout)
    differences = [abs(float(difference)) for ours, difference in rows if float(ours) > 20]
    assert differences
    assert max(differences) < 5, done.stdout


def test_a_reference_is_as_fast_as_itself(gpu: Gpu, tmp_path: Path) -> None:
    catalogue = Catalogue.find()
    code = catalogue.names()["softmax"].path.read_text(encoding="utf-8")
    path = tmp_path / "softmax.py"
    path.write_text(f"{code}\nsoftmax = task.reference\n", encoding="utf-8")
    task = catalogue.load("softmax")
    smallest = min(task.workloads, key=lambda name: sum(t.nbytes for t in _tensors(task.workloads[name])))
    kernel, session = kernel_of(path, tmp_path, catalogue), session_on(gpu, sandbox="off")
    submission = SubmissionSession(Source("mine", tmp_path, tmp_path), session, Metadata(language="torch"))
    try:
        record = submission.time(kernel, smallest)
    finally:
        session.close()
    assert record.status == "passed", record.failure
    assert record.verdict in ("same", "unclear")
    assert record.speed_of_light is None or 0 < record.speed_of_light < 1.05
    assert record.call_seconds is not None
    assert record.call_seconds >= 0.9 * (record.device_seconds or 0)


def test_a_measured_roofline_is_plausible(gpu: Gpu) -> None:
    found, sheet = roofline(gpu), published(gpu.model)
    assert found is not None
    assert found.source == "measured"
    assert sheet is None or found.bandwidth < 1.02 * sheet.bandwidth


def _tensors(case: Case) -> list[Tensor]:
    return [recipe for _, recipe in leaves(case)]
