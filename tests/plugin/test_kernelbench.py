"""KernelBench's problems and files of its runs, in pytest sessions of their own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.problems import (
    CLAMPED,
    MIX,
    SOFTPLUS,
    SOFTPLUS_KERNEL,
    UNMASKED_KERNEL,
    WIDE,
    folder_of_problems,
    renamed,
)
from tests.support.project import Project

OPTIONS = ("--kb-tasks=bench", "--kb-examples=0", "--kb-facets=basic,sizes", "--kb-results=results.jsonl")


def runs(root: Path, files: dict[str, str], language: str = "triton") -> None:
    folder = root / "runs" / "x"
    folder.mkdir(parents=True)
    for name, text in files.items():
        (folder / name).write_text(text)
    (folder / "submission.toml").write_text(f'language = "{language}"\n')


@pytest.fixture
def bench(pytester: pytest.Pytester) -> Path:
    folder_of_problems(pytester.path / "bench")
    return pytester.path


def test_runs_are_judged_and_one_that_works_at_the_published_sizes_only_is_told_apart(
    project: Project, bench: Path
) -> None:
    runs(bench, {
        "level_1_problem_7_sample_0_kernel.py": SOFTPLUS_KERNEL,
        "level_1_problem_7_sample_1_kernel.py": UNMASKED_KERNEL,
        "level_2_problem_3_sample_0_kernel.py": renamed(MIX),
    })  # fmt: skip
    project.run("--kb-submission=runs/x", *OPTIONS)
    records = {(each["task"], each["variant"]): each for each in project.records()}
    assert {key: record["status"] for key, record in records.items()} == {
        ("level1_7_Shifted_softplus", "sample_0"): "passed",
        ("level1_7_Shifted_softplus", "sample_1"): "wrong_values",
        ("level2_3_Mix_and_normalise", "sample_0"): "rejected",
    }
    only = records["level1_7_Shifted_softplus", "sample_1"]
    assert only["label"] == "published_only"
    assert "it is right on the published sizes" in only["failure"]["message"]
    assert records["level1_7_Shifted_softplus", "sample_0"]["label"] == "kernel"


def test_a_kernel_that_is_right_under_one_seed_only_is_wrong(project: Project, bench: Path) -> None:
    (bench / "bench" / "level1" / "8_Clamped.py").write_text(CLAMPED)
    constant = renamed(CLAMPED).replace("torch.clamp(x.mean(1) + 4 * self.offset, -1, 1)", "torch.ones_like(x[:, 0])")
    runs(bench, {
        "level_1_problem_8_sample_0_kernel.py": renamed(CLAMPED),
        "level_1_problem_8_sample_1_kernel.py": constant,
    }, "torch")  # fmt: skip
    project.run("--kb-submission=runs/x", *OPTIONS)
    right, wrong = project.records()
    assert right["status"] == "passed"
    assert (wrong["status"], wrong["label"]) == ("wrong_values", "torch_only")
    assert "parameter_seed=43" in wrong["failure"]["case"]


def test_a_small_fault_is_one_on_long_sums_too(project: Project, bench: Path) -> None:
    (bench / "bench" / "level1" / "9_Wide.py").write_text(WIDE)
    no_bias = "nn.functional.linear(x, self.mix.weight)"
    runs(bench, {
        "level_1_problem_9_sample_0_kernel.py": renamed(WIDE).replace("self.mix(x)", no_bias),
        "level_1_problem_9_sample_1_kernel.py": renamed(WIDE).replace(
            "self.mix(x)", f"self.mix(x) if x.shape[1] == 4096 else {no_bias}"
        ),
    }, "torch")  # fmt: skip
    project.run("--kb-submission=runs/x", *OPTIONS)
    assert [(record["status"], record["label"]) for record in project.records()] == [
        ("wrong_values", "torch_only"),
        ("wrong_values", "published_only"),
    ]


@pytest.mark.slow
def test_the_references_themselves_pass_as_torch_code(project: Project, bench: Path) -> None:
    runs(bench, {
        "level_1_problem_7_sample_0_kernel.py": renamed(SOFTPLUS),
        "level_2_problem_3_sample_0_kernel.py": renamed(MIX),
    }, "torch")  # fmt: skip
    project.run("--kb-submission=runs/x", *OPTIONS).assert_outcomes(passed=2)
    records = project.records()
    assert [record["status"] for record in records] == ["passed", "passed"]
    assert {record["category"] for record in records} == {"Level1", "Level2"}


@pytest.mark.slow
def test_json_lines_name_level_problem_and_sample(project: Project, bench: Path) -> None:
    rows = [{"level": 1, "problem": 7, "sample": 0, "code": code} for code in (SOFTPLUS_KERNEL, "import torch\n")]
    (bench / "rows.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    project.run("--kb-submission=rows.jsonl", *OPTIONS)
    assert {record["variant"]: record["status"] for record in project.records()} == {
        "sample_0": "passed",
        "sample_1": "load_error",
    }
