"""GPUs and workers: each has its own, keeps it when it is replaced, and gets the items for its model; no GPU needed."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_kernelbench.gpus.inventory import PRETENDED, parse
from pytest_kernelbench.gpus.pool import Pool
from pytest_kernelbench.integrations import workers
from tests.support.project import SIGMOID, SOFTMAX, TORCH_RELU, Project

MACHINE = """\
0, GPU-0, NVIDIA H100 80GB HBM3, 81559, 550.54.15, Disabled
1, GPU-1, NVIDIA A100-SXM4-80GB, 81920, 550.54.15, Disabled
2, GPU-2, NVIDIA GeForce RTX 4090, 24564, 550.54.15, Disabled
3, GPU-3, NVIDIA H100 80GB HBM3, 81559, 550.54.15, Disabled
"""

LOGGED = """
import os, sys
from pytest_kernelbench.evaluation import settings
from pytest_kernelbench.plugin import items

settings.torch_has_cuda = lambda: True

def runtest(self):
    gpu = self.submission.session.settings.gpu
    with open("log", "a") as log:
        worker, seen = os.environ.get("PYTEST_XDIST_WORKER"), os.environ["CUDA_VISIBLE_DEVICES"]
        print(worker, seen, gpu.uuid, self.nodeid, file=log)
    if os.environ.get("KILLED") == self.nodeid:
        os._exit(3)

items.KernelItem.runtest = runtest
"""
"""Items that say where they are instead of judging."""


@pytest.fixture
def machine(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """Two H100, an A100 and an RTX 4090 that the caller keeps out."""
    monkeypatch.setenv(PRETENDED, MACHINE)
    monkeypatch.setenv("CUDA_DEVICE_ORDER", "PCI_BUS_ID")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3,1,0")
    project.write({"conftest.py": LOGGED})
    project.submit({"relu.py": TORCH_RELU, "sigmoid.py": SIGMOID, "softmax.py": SOFTMAX, "gelu.py": TORCH_RELU})
    return project


def log() -> list[list[str]]:
    """Return worker, its CUDA_VISIBLE_DEVICES, its GPU and the item of each run, in order of workers."""
    return sorted(line.split() for line in Path("log").read_text(encoding="utf-8").splitlines())


CUDA = ("--kb-submission=mine", "--kb-device=cuda")


def test_a_worker_for_each_of_the_callers_gpus_of_a_model(machine: Project) -> None:
    result = machine.run(*CUDA, "-m", "correctness", "-n", "auto", "--kb-workers-per-gpu=2")
    result.assert_outcomes(passed=4)
    result.stdout.fnmatch_lines(["kernelbench: mine on cuda: 2 x h100 (not a100: --kb-gpu), *", "created: 4/4 workers"])
    where = {worker: (seen, used) for worker, seen, used, _ in log()}
    wanted = {"gw0": "GPU-3", "gw1": "GPU-0", "gw2": "GPU-3", "gw3": "GPU-0"}
    assert where == {worker: (uuid, uuid) for worker, uuid in wanted.items() if worker in where}
    assert len(where) == 4


def test_each_model_gets_its_items_also_from_a_worker_in_the_place_of_another(
    machine: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed = "submissions/mine/relu.py::correctness@a100"
    monkeypatch.setenv("KILLED", killed)
    options = ("-m", "correctness", "-n", "auto", "--kb-gpu=each", "--kb-results=results.jsonl")
    result = machine.run(*CUDA, *options)
    result.assert_outcomes(passed=7, failed=1)
    runs = log()
    assert len(runs) == 8
    assert {used for *_, used, item in runs if item.endswith("@a100")} == {"GPU-1"}
    assert {used for *_, used, item in runs if item.endswith("@h100")} <= {"GPU-3", "GPU-0"}
    # The worker on the A100 died after two items; another one did the rest, on the same GPU.
    assert [worker for worker, seen, *_ in runs if seen == "GPU-1"] == ["gw1", "gw1", "gw3", "gw3"]
    (lost,) = machine.records()
    assert (lost["task"], lost["status"], lost["device"]) == ("relu", "error", {"kind": "cuda:a100"})


def test_kernels_in_ones_own_tests_get_a_worker_for_each_gpu(machine: Project) -> None:
    decorated = """
        from pytest_kernelbench import Case, Tensor, kernel_test

        def doubled(x):
            return 2 * x

        for name in "abcd":
            globals()[name] = kernel_test("ops:doubled", examples=[Case(x=Tensor((4, 8)))])(doubled)
    """
    machine.write({"ops.py": "def doubled(x):\n    return x + x\n", "test_ops.py": decorated})
    options = ("test_ops.py", "--kb-path=.", "--kb-device=cuda", "-n", "auto")
    result = machine.run(*options)
    result.assert_outcomes(passed=4)
    result.stdout.fnmatch_lines(["created: 2/2 workers"])
    where = {worker: (seen, used) for worker, seen, used, _ in log()}
    assert set(where.values()) == {("GPU-3", "GPU-3"), ("GPU-0", "GPU-0")}


def test_without_workers_the_first_gpu_of_the_model_is_used(machine: Project) -> None:
    result = machine.run(*CUDA, "--kb-gpu=a100", "-m", "gpu_a100 and correctness", "--strict-markers", "-k", "relu")
    result.assert_outcomes(passed=1, deselected=9)
    assert [used for _, _, used, _ in log()] == ["GPU-1"]


def test_items_are_named_after_models_only_when_there_are_several(machine: Project) -> None:
    found = machine.collect(*CUDA, "--kb-gpu=each", "-k", "relu", "--kb-target=sm_90")
    names = [item.partition("::")[2] for item in found]
    speed = "speed[resnet50_stage1]"
    assert names == ["correctness@h100", "correctness@a100", "compile[sm_90]", f"{speed}@h100", f"{speed}@a100"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--kb-gpu=each"], "--kb-gpu=each: h100, a100 need a worker each; add -n auto"),
        (["--kb-gpu=each", "-n1"], "need a worker each, but there are 1; use -n auto, or -n 2 or more"),
        (["--kb-gpu=each", "-n2", "--dist=loadfile"], "sends items to GPUs by model, not by --dist=loadfile"),
        (["--kb-gpu=b200"], "--kb-gpu=b200: did you mean h100, a100? (one of 3)"),
        (["--kb-workers-per-gpu=0"], "--kb-workers-per-gpu=0: expected a whole number of at least 1"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(machine: Project, options: list[str], said: str) -> None:
    assert said in machine.refused(*CUDA, *options)


def test_a_model_where_there_is_no_gpu(machine: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PRETENDED, "")
    assert "--kb-gpu=h100: no GPU was found" in machine.refused("--kb-submission=mine", "--kb-gpu=h100")


def test_n_auto_is_xdists_without_gpus_and_where_its_variable_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTEST_XDIST_AUTO_NUM_WORKERS", raising=False)
    on_gpus = Pool.of(parse(MACHINE), "h100")
    assert (workers(Pool(), 2), workers(on_gpus, 2)) == (None, 4)
    monkeypatch.setenv("PYTEST_XDIST_AUTO_NUM_WORKERS", "1")
    assert workers(on_gpus, 2) is None
