"""The files of a submission that kernels import."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from pytest_kernelbench.model import helpers
from pytest_kernelbench.model.catalogue import Catalogue
from pytest_kernelbench.model.errors import KernelBenchError
from pytest_kernelbench.model.helpers import MAX_BYTES, helpers_of
from pytest_kernelbench.model.submission import Kernel, Submission

CATALOGUE = Catalogue.find()


def write(folder: Path, **files: str) -> Path:
    """Write files, whose names have `__` for a slash."""
    for name, text in files.items():
        path = folder / f"{name.replace('__', '/')}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def package(folder: Path, name: str) -> None:
    """Make a folder a package."""
    (folder / name / "__init__.py").write_text("")


def kernels(folder: Path) -> dict[str, Kernel]:
    return {kernel.task: kernel for kernel in Submission.load(folder, CATALOGUE).kernels}


def test_a_helper_is_no_kernel_and_goes_with_the_kernel_that_imports_it(tmp_path: Path) -> None:
    write(tmp_path, relu="from helpers import f", abs="import torch", helpers="import _more, os", _more="x = 1")
    found = kernels(tmp_path)
    assert set(found) == {"relu", "abs"}
    assert found["relu"].helpers == {"helpers.py": "import _more, os", "_more.py": "x = 1"}
    assert found["abs"].helpers == {}


def test_all_files_of_a_package_go_with_it_and_none_of_them_is_a_kernel(tmp_path: Path) -> None:
    write(
        tmp_path,
        relu="import ops.fast as o",
        ops__fast="from . import softmax",
        ops__softmax="",
        ops__deep__x="import top",
        top="",
    )
    package(tmp_path, "ops")
    found = kernels(tmp_path)
    assert set(found) == {"relu"}
    assert set(found["relu"].helpers) == {"ops/__init__.py", "ops/fast.py", "ops/softmax.py", "ops/deep/x.py", "top.py"}


def test_a_helper_may_lie_in_a_folder_above_up_to_that_of_the_submission(tmp_path: Path) -> None:
    write(tmp_path, outside="")
    write(
        tmp_path / "mine",
        Activation__relu="import near, far, outside",
        Activation__near="n = 1",
        far="f = 1",
        near="no = 1",
    )
    (tmp_path / "mine" / "submission.toml").write_text("")
    with pytest.raises(KernelBenchError, match=r"mine/near\.py"):
        kernels(tmp_path / "mine")
    (tmp_path / "mine" / "near.py").unlink()
    assert kernels(tmp_path / "mine")["relu"].helpers == {"near.py": "n = 1", "far.py": "f = 1"}


def test_a_kernel_may_import_another_kernel(tmp_path: Path) -> None:
    write(tmp_path, relu="from abs import abs", abs="def abs(input): ...")
    found = kernels(tmp_path)
    assert set(found) == {"relu", "abs"}
    assert set(found["relu"].helpers) == {"abs.py"}


@pytest.mark.parametrize("name", ["torch", "os", "numpy"])
def test_what_is_installed_is_not_looked_for_beside_a_kernel(tmp_path: Path, name: str) -> None:
    write(tmp_path, relu=f"import {name}", **{f"_{name}": ""})
    (tmp_path / f"_{name}.py").rename(tmp_path / f"{name}.py")
    assert helpers_of(tmp_path / "relu.py", tmp_path) == {}


def test_the_digest_depends_on_the_helpers_and_is_that_of_the_file_where_there_are_none(tmp_path: Path) -> None:
    write(tmp_path, relu="import helpers", abs="import torch", helpers="x = 1")
    before = {task: kernel.sha256 for task, kernel in kernels(tmp_path).items()}
    write(tmp_path, helpers="x = 2")
    after = {task: kernel.sha256 for task, kernel in kernels(tmp_path).items()}
    assert before["relu"] != after["relu"]
    assert before["abs"] == after["abs"]
    assert helpers_of(tmp_path / "abs.py", tmp_path) == {}


def test_a_file_that_is_neither_kernel_nor_imported_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    write(tmp_path, relu="import torch", helpers="")
    with pytest.raises(
        KernelBenchError, match=r"helpers\.py: no task is named .* must be imported by one, or have a name"
    ):
        kernels(tmp_path)


def test_too_much_code_is_an_error_that_names_it(tmp_path: Path) -> None:
    write(tmp_path, relu="import helpers", helpers="#" * MAX_BYTES)
    with pytest.raises(KernelBenchError, match=r"relu\.py: imports 524,\d+ bytes .*helpers\.py.*524,288 at most"):
        kernels(tmp_path)


def test_code_that_does_not_parse_imports_nothing(tmp_path: Path) -> None:
    write(tmp_path, relu="import helpers (")
    assert helpers_of(tmp_path / "relu.py", tmp_path) == {}


def test_a_helper_of_many_kernels_is_parsed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(
        tmp_path,
        relu="from ops.fast import f",
        abs="from ops.fast import g",
        tanh="from ops.fast import h",
        ops__fast="from . import deep\nimport top",
        ops__deep="import top",
        top=f"# {tmp_path}",
    )
    package(tmp_path, "ops")
    texts: list[str] = []

    def parsed(text: str) -> ast.Module:
        texts.append(text)
        return ast.parse(text)

    monkeypatch.setattr(helpers, "parsed", parsed)
    found = kernels(tmp_path)
    assert {len(kernel.helpers) for kernel in found.values()} == {4}
    assert texts.count(f"# {tmp_path}") == 1
