"""The script that is run on a GPU: it spends no more than its time, and writes what it knows when it knows it."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

BENCHMARKS = Path(__file__).parents[3] / "benchmarks"


JUDGED = {"kind": "correctness", "task": "exp", "status": "crash", "seconds": 2.0}
"""A record of correctness."""


def module(name: str) -> ModuleType:
    """Return a module of `benchmarks/`."""
    spec = importlib.util.spec_from_file_location(name, BENCHMARKS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    # Dataclasses look up the module that they are defined in.
    sys.modules[name] = found
    spec.loader.exec_module(found)
    return found


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.setattr(sys, "path", [*sys.path])
    return module("on_a_gpu")


def run(script: ModuleType, tmp_path: Path, code: str, seconds: float) -> tuple[str, list[dict[str, Any]]]:
    """Run a section that is another program, and return the report and the figures."""
    report = script.Report(tmp_path)
    program = tmp_path / "program.py"
    program.write_text(code, encoding="utf-8")
    script.__file__ = str(program)
    script.run_section(report, "mine", "What it is about.", seconds, {**os.environ, "PYTHONUNBUFFERED": "1"})
    lines = report.lines.read_text(encoding="utf-8").splitlines()
    return report.markdown.read_text(encoding="utf-8"), [json.loads(line) for line in lines]


def test_a_section_that_ends(script: ModuleType, tmp_path: Path) -> None:
    text, figures = run(script, tmp_path, "print('a figure')\nprint('JSON {\"ratio\": 1.5}')\n", 30)
    assert text.startswith("# On a GPU\n\n## mine\n\nWhat it is about.\n\na figure\n\n(")
    assert figures[0] == {"section": "mine", "ratio": 1.5}
    assert figures[1]["status"] == "done"


def test_a_section_that_is_cut_says_where_it_was(script: ModuleType, tmp_path: Path) -> None:
    code = "import subprocess, time\nprint('at the second kernel')\nsubprocess.run(['sleep', '60'])\n"
    text, figures = run(script, tmp_path, code, 1.5)
    assert "at the second kernel\n\ncut after " in text
    assert "the last line before: `at the second kernel`" in text
    assert figures[-1]["status"] == "cut"
    assert figures[-1]["seconds"] < 20


def test_a_section_that_fails(script: ModuleType, tmp_path: Path) -> None:
    text, figures = run(script, tmp_path, "raise ValueError('no')\n", 30)
    assert "ValueError: no" in text
    assert "failed with exit status 1" in text
    assert figures == [{"section": "mine", "seconds": figures[0]["seconds"], "status": "failed"}]


def test_records_of_a_section_that_was_cut_are_in_the_report(script: ModuleType, tmp_path: Path) -> None:
    report = script.Report(tmp_path)
    script._records(report, "mine", [JUDGED])
    assert "1 kernels: 1 crash" in report.markdown.read_text(encoding="utf-8")
    assert json.loads(report.lines.read_text(encoding="utf-8")) == {"section": "mine", **JUDGED}


def test_sections_say_what_they_lack(script: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    sections = module("gpu_sections").SECTIONS
    monkeypatch.delenv("KB_BENCHMARK_KERNELS", raising=False)
    assert sections["agreement"].missing("cpu") == "it needs a GPU"
    assert sections["agreement"].missing("cuda") is None
    assert sections["labelled"].missing("cuda") == "no --kernels"
    assert sections["families"].missing("cpu") is None
    assert all(section.about and section.seconds >= script.SHORTEST for section in sections.values())


def test_tables() -> None:
    tables = module("gpu_tables")
    shared = {"kind": "speed", "task": "relu", "workload": "rows", "status": "passed", "verdict": "same", "ratio": 1.0,
              "interval": [0.99, 1.01], "device_seconds": 1e-4, "call_seconds": 2e-4, "speed_of_light": 0.5,
              "seconds": 9.0, "timing": {"seconds": {"timing": 1.0, "reference": 3.0}}}  # fmt: skip
    failed = {**shared, "status": "wrong_values", "verdict": None, "timing": {}}
    found = tables.speeds([shared, failed, JUDGED])
    assert "| relu [rows] | same | 1.000 | [0.990, 1.010] | 100.0 | 200.0 | 50% | 9.0 |" in found
    assert "| relu [rows] | wrong_values | | | | | | 9.0 |" in found
    assert found.endswith("1 same, 1 wrong_values")
    assert "| reference | 3.00 | 3.00 | 75% |" in tables.profile([shared, failed, JUDGED])
    assert tables.counts([shared, JUDGED]) == "1 kernels: 1 crash; slowest: exp 2.0 s; not passed: exp"


@pytest.mark.slow
def test_on_the_cpu_it_runs_from_end_to_end(tmp_path: Path) -> None:
    command = [sys.executable, str(BENCHMARKS / "on_a_gpu.py"), str(tmp_path), "--device", "cpu", "--seconds", "90"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=150, check=False)
    assert done.returncode == 0, done.stderr
    text = (tmp_path / "on_a_gpu.md").read_text(encoding="utf-8")
    lines = (tmp_path / "on_a_gpu.jsonl").read_text(encoding="utf-8").splitlines()
    figures = [json.loads(line) for line in lines]
    assert figures[-1]["section"] == "all"
    assert figures[-1]["seconds"] < 120
    assert {"first_run", "families", "against_itself", "agreement", "everything"} <= {
        each["section"] for each in figures
    }
    assert "needs a GPU" in text
    assert "## Where the time of a workload goes" in text
    assert any(each.get("verdict") == "same" for each in figures)
