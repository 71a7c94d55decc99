"""A small project with submissions, on which pytest runs in a process of its own."""

from __future__ import annotations

import json
import sys
import textwrap
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.support.measured import is_measuring
from tests.support.warm import warm_pytest

RELU = """
import torch
import triton
import triton.language as tl

@triton.jit
def relu_kernel(x, y, count, BLOCK: tl.constexpr):
    at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    value = tl.load(x + at, mask=at < count, other=0.0)
    tl.store(y + at, tl.where(value < 0, 0.0, value), mask=at < count)

def relu(input, inplace=False):
    result = torch.empty_like(input)
    relu_kernel[(triton.cdiv(input.numel(), 64),)](input, result, input.numel(), BLOCK=64)
    return result
"""

TORCH_RELU = """
def relu(input, inplace=False):
    return input.relu_() if inplace else input.clamp(min=0)
"""

WRONG_RELU = """
def relu(input, inplace=False):
    return input.abs()
"""

SIGMOID = """
def sigmoid(input, out=None):
    result = input.sigmoid()
    return result if out is None else out.copy_(result)
"""

SOFTMAX = """
def softmax(input, dim, dtype=None):
    return input.softmax(dim, dtype=dtype)
"""

QUICK = ("--kb-device=cpu", "--kb-examples=0", "--kb-facets=basic")
"""Options of a run that judges three cases a kernel and needs no Triton."""


class Project:
    """A folder in which pytest runs with this plugin, warnings being errors."""

    common: tuple[str, ...] = ("-Werror", "-p", "no:cacheprovider", "-p", "no:benchmark")

    def __init__(self, pytester: pytest.Pytester) -> None:
        self.pytester = pytester
        self.path = pytester.path

    def write(self, files: Mapping[str, str]) -> None:
        """Write files, named by their paths in the project."""
        for name, text in files.items():
            path = self.path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(textwrap.dedent(text), encoding="utf-8")

    def submit(self, files: Mapping[str, str], name: str = "mine") -> None:
        """Write the files of a submission."""
        self.write({f"submissions/{name}/{file}": text for file, text in files.items()})

    def run(self, *options: str, timeout: float = 120) -> pytest.RunResult:
        """Run pytest here; it leaves no cache behind."""
        return self.pytester.runpytest_subprocess(*self.common, *options, timeout=timeout)

    def judge(
        self, *options: str, submission: str = "mine", timeout: float = 120, warm: bool = True
    ) -> pytest.RunResult:
        """Judge a submission as quickly as possible; options that are given win.

        The session is `warm` where it may have torch before it asks for it, see `tests.support.warm`.
        """
        asked = (f"--kb-submission={submission}", *QUICK, "--kb-results=results.jsonl", *options)
        run = self.run_warm if warm and not is_measuring() else self.run
        return run(*asked, timeout=timeout)

    def run_warm(self, *options: str, timeout: float = 120) -> pytest.RunResult:
        """Run pytest here, as `run` does, in a process that has torch."""
        started, files = time.monotonic(), (self.path / "stdout", self.path / "stderr")
        arguments = (f"--basetemp={self.path / 'temporary'}", *self.common, *options)
        status = warm_pytest().run(arguments, *files, timeout)
        out, errors = (file.read_text(encoding="utf-8").splitlines() for file in files)
        sys.stdout.write("\n".join((f"session: {options}", *out, *errors, "")))
        return pytest.RunResult(status, out, errors, time.monotonic() - started)

    def collect(self, *options: str) -> list[str]:
        """Return the node ids that a run would have."""
        result = self.run("--collect-only", "-q", *options)
        assert result.ret == 0, result.stdout.str() + result.stderr.str()
        return [line for line in result.outlines if "::" in line]

    def refused(self, *options: str) -> str:
        """Return what a run says that is refused for wrong usage."""
        result = self.run(*options)
        assert result.ret == pytest.ExitCode.USAGE_ERROR
        assert "Traceback" not in result.stderr.str()
        return result.stderr.str().strip()

    def records(self) -> list[dict[str, Any]]:
        """Return the lines of the results file."""
        return [json.loads(line) for line in Path("results.jsonl").read_text(encoding="utf-8").splitlines()]

    def statuses(self) -> dict[str, str]:
        """Return the status of each task in the results file."""
        return {record["task"]: record["status"] for record in self.records()}
