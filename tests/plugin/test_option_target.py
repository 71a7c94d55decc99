"""--kb-target: kernels are compiled for GPUs that are not there, and what stops them is told apart."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.project import RELU, TORCH_RELU, Project

TASK = """
from pytest_kernelbench import Case, Task, Tensor
from pytest_kernelbench.authoring.strategies import shapes, tensors

def reference(input, inplace=False):
    return input.clamp(min=0)

def cases(draw, given):
    return Case(input=draw(tensors(given, draw(shapes(given)))))

task = Task(
    reference, cases, dtypes=("float32",),
    fixed_cases=(Case(input=Tensor((64, 48))),),
    workloads={"large": Case(input=Tensor((1 << 15, 3 << 13)))},
)
"""
"""A task with a workload of 3 GiB, which is never made; AMD launches at most 2^32 - 1 threads along an axis."""

HEAD = """
import os
import torch
import triton
import triton.language as tl
"""

BODY = """
    at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    value = tl.load(x + at, mask=at < count, other=0.0)
    tl.store(y + at, tl.where(value < 0, 0.0, value), mask=at < count)
"""

KERNEL = f"""
@triton.jit
def relu_kernel(x, y, count, BLOCK: tl.constexpr):
    {{extra}}{BODY}

def {{name}}(input, inplace=False):
    result = torch.empty_like(input)
    relu_kernel[(triton.cdiv(input.numel(), 64),)](input, result, input.numel(), BLOCK=64)
    return result
"""

TILE = """
@triton.autotune([triton.Config({{"K": 16}}, num_stages=stages, num_warps=8) for stages in {stages}], key=["size"])
@triton.jit
def tile_kernel(x, y, size, K: tl.constexpr):
    row, column, step = tl.arange(0, 256)[:, None], tl.arange(0, 256)[None, :], tl.arange(0, K)
    total = tl.zeros((256, 256), tl.float32)
    for start in range(0, size, K):
        a = tl.load(x + row * size + start + step[None, :])
        b = tl.load(x + (start + step[:, None]) * size + column)
        total = tl.dot(a, b, total, input_precision="tf32")
    tl.store(y + row * 256 + column, total)

def {name}(input, inplace=False):
    result = torch.empty(256, 256, device=input.device)
    tile_kernel[(1,)](input, result, input.shape[1])
    return result
"""

WAITING = """
def {name}(input, inplace=False):
    result = torch.empty_like(input)
    error = torch.empty(1, device=input.device)
    relu_kernel[(1,)](input, error, 1, BLOCK=64)
    if error.item() > 0:
        relu_kernel[(2,)](input, result, input.numel(), BLOCK=128)
    return result
"""

ABORT = """
@triton.constexpr_function
def abort():
    os.abort()
"""

# A tile of 256 x 256 in float32 whose operands take 192 KiB on sm_80, too much for a block, and 224 KiB on sm_90, where
# they fit.
KERNELS = {
    "too_large": TILE.format(name="too_large", stages=[7]),
    "one_fits": TILE.format(name="one_fits", stages=[7, 2]),
    "unknown_name": KERNEL.format(name="unknown_name", extra="tl.no_such_thing(count)"),
    "endless": KERNEL.format(name="endless", extra="for _ in tl.static_range(1 << 30): tl.device_print('', count)"),
    "aborting": ABORT + KERNEL.format(name="aborting", extra="abort()"),
    "waiting": KERNEL.format(name="unused", extra="pass") + WAITING.format(name="waiting"),
    "no_launch": TORCH_RELU.replace("relu", "no_launch", 1),
    "bad_grid": KERNEL.format(name="bad_grid", extra="pass").replace("(triton.cdiv(input.numel(), 64),)", "3"),
    "no_entry": "x = 1",
}


@pytest.fixture
def cached(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project with a cache folder of its own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(project.path / "cache"))
    return project


def test_compile_items_are_collected_where_a_target_is_given(project: Project) -> None:
    project.submit({"relu.py": RELU, "std.jsonl": '{"file": "std", "predict": "1"}'})
    mine = "--kb-submission=mine"
    assert not [name for name in project.collect(mine) if "compile" in name]
    assert project.collect(mine, "--kb-target=sm_90,gfx942,sm_90", "-m", "compile", "--strict-markers") == [
        "submissions/mine/relu.py::compile[sm_90]",
        "submissions/mine/relu.py::compile[gfx942]",
        "submissions/mine/std.jsonl::std::compile[sm_90]",
        "submissions/mine/std.jsonl::std::compile[gfx942]",
    ]
    project.path.joinpath("tox.ini").write_text("[pytest]\nkb_target = sm_80\nkb_compile_timeout = 9\n")
    assert "submissions/mine/relu.py::compile[sm_80]" in project.collect(mine)
    assert "submissions/mine/relu.py::correctness" in project.collect(mine)


@pytest.mark.parametrize(
    ("option", "said"),
    [
        (
            "target=sm_90a",
            "unknown target sm_90a; choose from: sm_80, sm_86, sm_89, sm_90, sm_100, sm_120, gfx90a, gfx",
        ),
        ("target=,", "choose from: gfx90a, gfx942"),
        ("compile-timeout=soon", "expected a number of seconds above 0"),
    ],
)
def test_bad_values_are_refused(project: Project, option: str, said: str) -> None:
    project.submit({"relu.py": RELU})
    message = project.refused("--kb-submission=mine", f"--kb-{option}")
    assert message.startswith(f"ERROR: --kb-{option}: {said}")


def compile_for(project: Project, targets: str, *options: str) -> tuple[Any, dict[tuple[str, str], dict[str, Any]]]:
    result = project.run(
        "--kb-submission=mine", "--kb-tasks=own", "-m", "compile", f"--kb-target={targets}",
        "--kb-results=results.jsonl", *options,
    )  # fmt: skip
    records = {(record["task"], record.get("target")): record for record in project.records()}
    return result, records


def test_the_compiler_completes_a_verdict_of_the_interpreter(project: Project) -> None:
    extra = "count += tl.sum(tl.dot(tl.zeros((16, 16), tl.int8), tl.zeros((16, 16), tl.int8)))"
    project.submit({"relu.py": HEAD + KERNEL.format(name="relu", extra=extra)})
    options = ("--kb-device=interpreter", "--kb-facets=basic")
    result = project.judge(*options)
    result.stdout.fnmatch_lines(
        [
            "compile_error in basic: Activation relu of mine",
            "  compiled for sm_90:",
            "  relu_kernel(x: [*]fp32 %16, *",
            "  Input shapes should have M >= 1, N >= 1 and K >= 32",
            "  pytest --kb-submission=mine submissions/mine/relu.py::correctness --kb-device=interpreter *",
        ]
    )
    project.judge(*options, "--kb-target=none").assert_outcomes(passed=1)
    settings = [record["settings"]["target"] for record in project.records()]
    assert settings == ["sm_90", None]


@pytest.mark.slow
def test_what_stops_a_kernel_is_told_apart(cached: Project) -> None:
    cached.write({f"own/activation/{name}.py": TASK for name in KERNELS})
    cached.submit({f"{name}.py": HEAD + text for name, text in KERNELS.items()})
    options = ("--kb-compile-timeout=6", "-k", "sm_80 or too_large or one_fits")
    result, records = compile_for(cached, "sm_80,sm_90", *options)
    results = {key: (record["status"], record["reason"]) for key, record in records.items()}
    assert results == {
        ("too_large", "sm_80"): ("compile_error", "out_of_resources"),
        ("too_large", "sm_90"): ("passed", None),
        ("one_fits", "sm_80"): ("passed", None),
        ("one_fits", "sm_90"): ("passed", None),
        ("unknown_name", "sm_80"): ("compile_error", "language"),
        ("endless", "sm_80"): ("timeout", None),
        ("aborting", "sm_80"): ("compile_error", "signal"),
        ("waiting", "sm_80"): ("passed", None),
        ("no_launch", "sm_80"): ("rejected", None),
        ("bad_grid", "sm_80"): ("runtime_error", None),
        ("no_entry", "sm_80"): ("load_error", None),
    }
    said = {name: (records[name, "sm_80"]["failure"] or {}).get("message", "") for name in KERNELS}
    assert "Required: 196608, Hardware limit: 166912" in said["too_large"]
    assert said["too_large"].startswith("tile_kernel(x: *fp32 %16, y: *fp32 %16, size: i32 %16, K=16")
    assert "no_such_thing" in said["unknown_name"]
    assert "tl.no_such_thing(count)" in said["unknown_name"]
    assert "not done: relu_kernel(x: *fp32 %16" in said["endless"]
    assert said["aborting"].startswith("the compiler was ended by SIGABRT while it compiled relu_kernel(")
    labels = {name: records[name, "sm_80"]["label"] for name in KERNELS}
    facets = {name: records[name, "sm_80"]["facets"] for name in ("one_fits", "unknown_name", "no_launch")}
    passed = {"basic": "passed", "sizes": "passed"}
    assert facets == {"one_fits": passed, "unknown_name": dict.fromkeys(passed, "compile_error"), "no_launch": {}}
    assert records["no_launch", "sm_80"]["failure"]["facet"] == "basic"
    assert (labels["waiting"], labels["no_launch"], labels["one_fits"]) == ("data_dependent", "torch_only", None)
    (note,) = records["one_fits", "sm_80"]["notes"]
    assert note.startswith("1 autotune configurations do not compile here; the first: out of resource: shared memory")
    assert not records["one_fits", "sm_90"]["notes"]
    result.stdout.fnmatch_lines(
        [
            "compile_error (language) for sm_80 in basic: Activation unknown_name of mine",
            "  *no_such_thing*",
            "sm_80: 2 of 9 compile, median * s, worst * s (*)",
            "  1 compile_error (signal): aborting",
            "sm_90: 2 of 2 compile, *",
        ]
    )
    assert {key[0] for key, record in records.items() if record["launches"]} == {"too_large", "one_fits", "waiting"}


@pytest.mark.slow
def test_what_a_kernel_costs_and_that_it_is_cached(cached: Project) -> None:
    cached.write({"own/activation/relu.py": TASK})
    cached.submit({"relu.py": RELU})
    targets = "sm_80,gfx942"
    result, records = compile_for(cached, targets, "-n2", "-p", "xdist")
    result.assert_outcomes(passed=2)
    nvidia, amd = (records["relu", name] for name in targets.split(","))
    (kernel,) = nvidia["kernels"]
    ranges = [amd["kernels"][index]["specialisation"].partition(",")[0] for index in range(2)]
    assert ranges == ["x: *fp32 %16 <2GiB", "x: *fp32 %16"]
    assert kernel["name"] == "relu_kernel"
    assert kernel["specialisation"] == "x: *fp32 %16, y: *fp32 %16, count: i32 %16, BLOCK=64, num_warps=4, num_stages=3"
    assert (kernel["spills"], kernel["stack"], kernel["shared_bytes"], kernel["warps"]) == (0, 0, 0, 4)
    assert 4 < kernel["registers"] < 64
    assert kernel["code_bytes"] > 1000
    assert (kernel["occupancy"], kernel["limiter"], kernel["sgprs"]) == (1.0, "warps", None)
    assert amd["kernels"][0]["sgprs"] > 4
    assert (nvidia["launches"], nvidia["examples"], nvidia["cached"]) == (2, 2, False)
    assert (nvidia["registers"], nvidia["device"]["kind"]) == (kernel["registers"], "sm_80")

    # Correctness is judged beside it, by runners of the other kind.
    again, records = compile_for(cached, targets, "-m", "not slow", "--kb-facets=basic", "--kb-examples=0")
    again.assert_outcomes(passed=3)
    again.stdout.fnmatch_lines(["sm_80: 1 of 1 compile, median * s, worst * s (relu), 1 cached"])
    assert records["relu", "sm_80"] == {**nvidia, "cached": True}
    assert records["relu", None]["status"] == "passed"
    assert len(list(cached.path.glob("cache/pytest-kernelbench/compile/*.json"))) == 2
