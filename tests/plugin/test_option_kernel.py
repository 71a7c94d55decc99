"""--kb-kernel, --kb-path and the table [kernels]: kernels that are named, and live in a package of their own."""

from __future__ import annotations

import json

import pytest

from tests.support.project import RELU, TORCH_RELU, Project

USES_A_SIBLING = RELU.replace("import triton\n", "import triton\nfrom ..sizes import BLOCK\n").replace("64", "BLOCK")


@pytest.fixture
def package(project: Project) -> Project:
    """A project with a package in `src/` whose kernel imports a sibling of its folder."""
    project.write(
        {
            "src/mypkg/__init__.py": "",
            "src/mypkg/sizes.py": "BLOCK = 64\n",
            "src/mypkg/ops/__init__.py": "",
            "src/mypkg/ops/relu.py": USES_A_SIBLING,
            "src/mypkg/plain.py": TORCH_RELU,
        }
    )
    return project


def test_a_named_kernel_is_its_own_code_with_all_of_its_package(package: Project) -> None:
    result = package.run(
        "--kb-kernel=mypkg.ops.relu:relu", "--kb-path=src", "--kb-device=interpreter", "--kb-facets=basic",
        "--kb-examples=0", "--kb-results=results.jsonl", "-rA",
    )  # fmt: skip
    result.stdout.fnmatch_lines(["PASSED mypkg.ops.relu::relu::correctness"])
    (record,) = map(json.loads, (package.path / "results.jsonl").read_text().splitlines())
    assert (record["submission"], record["label"], record["observations"]) == ("mypkg", "kernel", [])
    assert record["selection"].startswith("--kb-kernel=relu=mypkg.ops.relu:relu")


@pytest.mark.slow
def test_the_table_of_a_submission_names_kernels(package: Project) -> None:
    package.submit({"submission.toml": 'language = "torch"\n[kernels]\nrelu = "mypkg.plain:relu"\n'})
    assert package.collect("--kb-submission=mine", "--kb-path=src") == [
        "submissions/mine/submission.toml::relu::correctness"
    ]
    assert package.judge("--kb-path=src", "-m", "correctness").ret == 0


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--kb-kernel=mypkg.plain:relu"], "*mypkg.plain:relu: no module mypkg: it is not installed; name its folder*"),
        (["--kb-kernel=mypkg.nothing:relu", "--kb-path=src"], "*no module nothing in */src/mypkg: choose from: *"),
        (["--kb-kernel=mypkg/plain.py", "--kb-path=src"], "*names no kernel: expected MODULE:FUNCTION*"),
        (["--kb-kernel=mypkg.plain:rleu", "--kb-path=src"], "*no task is named 'rleu': did you mean relu*"),
        (["--kb-kernel=mypkg.plain:relu", "--kb-path=scr"], "*--kb-path=scr: */scr is no folder"),
    ],
)
def test_what_is_wrong_with_a_name_is_said_before_anything_runs(
    package: Project, options: list[str], said: str
) -> None:
    result = package.run(*options)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([said])


def test_a_file_that_the_sandbox_refuses_is_named_with_the_setting_that_allows_it(
    package: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    package.submit({"relu.py": "from mypkg.plain import relu\n"})
    monkeypatch.setenv("PYTHONPATH", str(package.path / "src"))
    result = package.judge("--kb-device=cpu")
    result.stdout.fnmatch_lines([f"*the sandbox did not let the kernel read */mypkg*: --kb-path={package.path}/src *"])


def test_a_folder_that_is_named_is_read_by_shims(package: Project) -> None:
    package.submit({"relu.py": "from mypkg.plain import relu\n", "submission.toml": 'language = "torch"\n'})
    assert package.judge("--kb-path=src", "-m", "correctness").ret == 0
