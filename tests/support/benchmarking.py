"""Projects with kernels that are timed, for real or not, and what pytest-benchmark wrote of them."""

from __future__ import annotations

import json
from typing import Any

from tests.support.project import QUICK, Project

TORCH = 'language = "torch"\n'
"""The `submission.toml` of kernels that a processor can time."""

MADE_UP = """
import os
from pytest_kernelbench.evaluation.submission import SubmissionSession

def time(self, kernel, workload, selection="", say=None):
    first = 1e-5 / float(os.environ.get("SPEED", "1")) * (3 if self.source.name == "slow" else 1)
    return self.identity(kernel, "speed", selection).speed(
        status="passed", stage="basic", workload=workload, verdict="faster", ratio=1.5, interval=[1.4, 1.6],
        baseline_seconds=2e-5, samples={"kernel": [first * (1 + 0.001 * n) for n in range(21)]},
        timing={"clock": "made up", "calls": 7},
    )

SubmissionSession.time = time
"""
"""A conftest.py that makes times up, for tests of what becomes of them."""


class Timed(Project):
    """A project in which pytest-benchmark takes part."""

    common = ("-Werror", "-p", "no:cacheprovider")

    def time(self, *options: str, submission: str = "mine") -> Any:
        """Time a submission on the CPU; options that are given win."""
        return self.run(f"--kb-submission={submission}", *QUICK, *options)

    def results(self, name: str) -> dict[str, Any]:
        """Return a file of results by full names; each must be there once."""
        written = json.loads((self.path / name).read_text(encoding="utf-8"))
        found = {each["fullname"]: each for each in written["benchmarks"]}
        assert len(found) == len(written["benchmarks"])
        return found


def structure(result: dict[str, Any]) -> dict[str, Any]:
    """Return what one result is made of, and all in it that does not hang on the clock."""
    parts = {name: sorted(value) for name, value in result.items() if isinstance(value, dict)}
    fixed = {name: result[name] for name in ("group", "name", "param", "params", "options")}
    return {"all": sorted(result), "parts": parts, "fixed": fixed, "timing": sorted(result["extra_info"]["timing"])}
