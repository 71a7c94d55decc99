"""Every command of the README and of the pages under docs/ runs, and prints what the page shows."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]

BLOCK = re.compile(r"^```(bash|text)(?: ([^\n]*))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
"""A block of commands, or of what the commands before it print; `...` in that stands for anything."""

KERNELS = ("Activation/relu", "Fusion/fused_add_gelu", "Math/softmax")
"""The examples that the pages' project has: those that are judged quickly."""

SHORT_ROWS = """
import torch
import triton
import triton.language as tl


@triton.jit
def rows(x, y, width, BLOCK: tl.constexpr):
    at = tl.arange(0, BLOCK)
    value = tl.load(x + tl.program_id(0) * width + at, mask=at < width, other=-float("inf"))
    value = tl.exp(value - tl.max(value, 0))
    tl.store(y + tl.program_id(0) * width + at, value / tl.sum(value, 0), mask=at < width)


def softmax(input, dim, dtype=None):
    moved = input.to(dtype or input.dtype).movedim(dim, -1).contiguous()
    result = torch.zeros_like(moved)
    width = moved.shape[-1]
    rows[(moved.numel() // width,)](moved, result, width, BLOCK=min(1024, triton.next_power_of_2(width)))
    return result.movedim(-1, dim)
"""
"""A softmax that leaves out what lies behind the 1024th column."""


@dataclass(frozen=True)
class Step:
    """Commands, the exit status that they have, and what they show of what they print."""

    commands: str
    status: int
    shown: str


def steps(text: str) -> list[Step]:
    """Return the commands of a page in their order."""
    found: list[Step] = []
    for language, options, body in BLOCK.findall(text):
        if language == "bash":
            status = re.search(r"exit=(\d)", options)
            found.append(Step(body, int(status[1]) if status else 0, ""))
        elif found:
            found[-1] = Step(found[-1].commands, found[-1].status, body)
    return found


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A repository with submissions, predictions of a model, and the commands on its PATH."""
    for name in KERNELS:
        target = tmp_path / "submissions" / "examples" / f"{name}.py"
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / "submissions" / "examples" / f"{name}.py", target)
    mine = tmp_path / "submissions" / "mine"
    mine.mkdir()
    shutil.copy(ROOT / "submissions" / "examples" / "Activation" / "relu.py", mine)
    (mine / "softmax.py").write_text(SHORT_ROWS, encoding="utf-8")
    plain = tmp_path / "submissions" / "plain"
    plain.mkdir()
    (plain / "submission.toml").write_text('language = "torch"\n', encoding="utf-8")
    (plain / "eig.py").write_text(TWICE, encoding="utf-8")
    (tmp_path / "answer.md").write_text(f"A softmax:\n```python\n{code('Math/softmax')}\n```\n", encoding="utf-8")
    rows = [{"file": f"{name}.py", "predict": f"```python\n{code(name)}\n```"} for name in KERNELS]
    (tmp_path / "predictions.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    rounds = [("softmax", 0, SHORT_ROWS), ("softmax", 1, code("Math/softmax")), ("relu", 0, code("Activation/relu"))]
    rows = [{"task": task, "round": number, "code": text} for task, number, text in rounds]
    (tmp_path / "geak.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    commands = {
        "pytest": "-m pytest",
        "pytest-benchmark": "-m pytest_benchmark",
        "pytest-kernelbench": f"-c '{CLI}'",
        "python": "",
        "python3": "",
        "ssh": None,
    }
    (tmp_path / "bin").mkdir()
    for name, how in commands.items():
        script = tmp_path / "bin" / name
        script.write_text(SSH if how is None else f'#!/bin/sh\nexec {sys.executable} {how} "$@"\n', encoding="utf-8")
        script.chmod(0o755)
    return tmp_path


QUICK = ("coming-from", "evaluate-a-model", "faq", "gpus", "options", "reports", "write-a-submission")
"""Pages on which it does not matter how much is asked of a kernel."""

TWICE = """
import torch


def eig(A):
    torch.linalg.eig(A)
    return torch.linalg.eig(A)
"""
"""A kernel that is slower beyond doubt, which is soon found out."""

EACH_TIME = ("README",)
"""Pages that are tried with every run of the tests; the others take minutes together."""

CLI = "import sys; from pytest_kernelbench.cli.main import main; sys.exit(main(sys.argv[1:]))"

SSH = '#!/bin/sh\nfor last; do :; done\nexec sh -c "$last"\n'
"""Every other machine is this one."""


def code(name: str) -> str:
    """Return the code of an example."""
    return (ROOT / "submissions" / "examples" / f"{name}.py").read_text(encoding="utf-8")


def pages() -> list[object]:
    """Return the pages with commands, those that are tried now and then marked so."""
    found = [page for page in PAGES if steps(page.read_text(encoding="utf-8"))]
    return [pytest.param(page, id=page.stem, marks=[pytest.mark.slow] * (page.stem not in EACH_TIME)) for page in found]


@pytest.mark.parametrize("page", pages())
def test_commands_of_the_page_run(page: Path, project: Path) -> None:
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "GITHUB", "SLURM"))},
        "PATH": f"{project / 'bin'}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "PYTEST_ADDOPTS": "--kb-examples=0" + (" --kb-facets=basic,sizes" if page.stem in QUICK else ""),
        "HOME": str(project),
        "XDG_CACHE_HOME": str(project / "cache"),
        "OMP_NUM_THREADS": "1",
        "COLUMNS": "120",
    }
    for step in steps(page.read_text(encoding="utf-8")):
        if "pip install" in step.commands:
            continue  # `.ci/run` installs as the README says, before any of this runs
        ran = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", step.commands],
            cwd=project, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300,
        )  # fmt: skip
        assert ran.returncode == step.status, f"{step.commands}\n{ran.stdout}"
        _assert_shown(step, ran.stdout)


def _assert_shown(step: Step, printed: str) -> None:
    """Assert that the lines that a page shows are printed, in this order."""
    lines = iter(re.sub(r"\s+", " ", line).strip() for line in printed.splitlines())
    for shown in filter(None, (re.sub(r"\s+", " ", line).strip() for line in step.shown.splitlines())):
        pattern = re.escape(shown).replace(re.escape("..."), ".*")
        assert any(re.fullmatch(pattern, line) for line in lines), f"{step.commands}\nnot printed: {shown}\n{printed}"
