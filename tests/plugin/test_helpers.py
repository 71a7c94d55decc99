"""Kernels that import files of their submission."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.project import QUICK, Project

FILES = {
    "relu.py": "from helpers import clamped\ndef relu(input, inplace=False):\n    return clamped(input, inplace)\n",
    "sigmoid.py": "import helpers\ndef sigmoid(input, out=None):\n    return helpers.broken(input)\n",
    "helpers.py": "import pack.deep\n\ndef clamped(x, inplace):\n    return pack.deep.clamp(x, inplace)\n\n"
    "def broken(x):\n    raise ValueError('no sigmoid')\n",
    "pack/__init__.py": "",
    "pack/deep.py": "from .softmax import LOW\n\n"
    "def clamp(x, inplace):\n    return x.clamp_(min=LOW) if inplace else x.clamp(min=LOW)\n",
    "pack/softmax.py": "LOW = 0\n",
}


def test_helpers_are_no_items_and_can_be_imported(project: Project) -> None:
    project.submit(FILES)
    result = project.judge(*QUICK, "-k", "relu")
    result.assert_outcomes(passed=1, deselected=1)


@pytest.mark.slow
def test_a_failure_in_a_helper_shows_its_line(project: Project) -> None:
    project.submit(FILES)
    result = project.judge(*QUICK, "-k", "sigmoid")
    result.stdout.fnmatch_lines(["*ValueError: no sigmoid", "*helpers.py, line 7, in broken: raise ValueError*"])


@pytest.mark.slow
def test_a_changed_helper_is_judged_again(project: Project) -> None:
    project.submit(FILES)
    project.judge(*QUICK, "-k", "relu", "--kb-results=r.jsonl")
    project.judge(*QUICK, "-k", "relu", "--kb-results=r.jsonl", "--kb-resume")
    assert len(Path("r.jsonl").read_text().splitlines()) == 1
    project.submit({**FILES, "pack/softmax.py": "LOW = 1\n"})
    project.judge(*QUICK, "-k", "relu", "--kb-results=r.jsonl", "--kb-resume").assert_outcomes(failed=1, deselected=1)
    assert len(Path("r.jsonl").read_text().splitlines()) == 2


@pytest.mark.slow
def test_a_helper_is_decoded_as_python_does(project: Project) -> None:
    project.submit({"relu.py": FILES["relu.py"], "sigmoid.py": "from latin import *\n", "gelu.py": "import broken\n"})
    folder = next(Path.cwd().rglob("relu.py")).parent
    clamped = FILES["helpers.py"].replace("import pack.deep", "assert WHO == chr(0xE9)")
    clamped = clamped.replace("pack.deep.clamp(x, inplace)", "x.clamp_(0) if inplace else x.clamp(0)")
    (folder / "helpers.py").write_bytes(b"# coding: latin-1\nWHO = '\xe9'\n" + clamped.encode())
    (folder / "latin.py").write_bytes(b"WHO = '\xe9'\n")
    (folder / "broken.py").write_bytes(b"\xef\xbb\xbf# coding: latin-1\n")
    result = project.judge(*QUICK)
    result.assert_outcomes(passed=1, failed=2)
    result.stdout.fnmatch_lines_random(
        ["load_error*sigmoid*", "*SyntaxError: *codec can't decode byte 0xe9*",
         "load_error*gelu*", "*SyntaxError: encoding problem: * with BOM*"]
    )  # fmt: skip
