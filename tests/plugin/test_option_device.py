"""--kb-device: where kernels run."""

from __future__ import annotations

import pytest

from pytest_kernelbench.evaluation import settings
from pytest_kernelbench.gpus.inventory import PRETENDED, parse, torch_has_cuda
from pytest_kernelbench.model.judging import JudgingSettings
from tests.support.project import RELU, SOFTMAX, TORCH_RELU, Project

ONE = "0, GPU-11111111-aaaa, NVIDIA H100 80GB HBM3, 81559, 550.54.15, Disabled\n"


def test_an_unknown_device(project: Project) -> None:
    project.submit({"relu.py": RELU})
    said = project.refused("--kb-submission=mine", "--kb-device=interpeter")
    assert said == "ERROR: --kb-device=interpeter: did you mean interpreter? (one of 4)"


def test_cuda_without_a_gpu(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PRETENDED, "")
    project.submit({"relu.py": RELU})
    said = project.refused("--kb-submission=mine", "--kb-device=cuda")
    assert said == "ERROR: --kb-device=cuda: no GPU was found; choose from: auto, interpreter, cpu"


def test_a_gpu_that_the_caller_hides_is_not_taken(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PRETENDED, ONE)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    project.submit({"relu.py": RELU})
    said = project.refused("--kb-submission=mine", "--kb-device=cuda")
    assert "no GPU was found (CUDA_VISIBLE_DEVICES= hides it)" in said
    assert project.run("--kb-submission=mine", "--collect-only").ret == 0


@pytest.mark.skipif(torch_has_cuda(), reason="this torch has CUDA")
def test_a_gpu_and_a_torch_without_cuda(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PRETENDED, ONE)
    project.submit({"relu.py": RELU})
    said = project.refused("--kb-submission=mine", "--kb-device=cuda")
    assert said == "ERROR: --kb-device=cuda: torch was built without CUDA; choose from: auto, interpreter, cpu"
    result = project.run("--kb-submission=mine", "--collect-only")
    result.stdout.fnmatch_lines(["kernelbench: mine on interpreter, *"])


def test_a_gpu_is_taken_by_its_uuid(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "gpus", lambda: parse(ONE))
    monkeypatch.setattr(settings, "torch_has_cuda", lambda: True)
    for asked in ("auto", "cuda"):
        device, uuid, pool = settings.choose_device(asked)
        assert (device, pool.gpus) == ("cuda:h100", parse(ONE))
        judging = JudgingSettings(device=device, gpu_uuid=uuid)
        assert (judging.device, judging.runner_device) == ("cuda:h100", "cuda:GPU-11111111-aaaa")


def test_cpu_judges_plain_torch_without_a_stand_in(project: Project) -> None:
    honest = "assert not __import__('torch').cuda.is_available()\n" + TORCH_RELU
    project.submit({"relu.py": honest})
    result = project.judge("--kb-device=cpu", "-v")
    result.stdout.fnmatch_lines(["kernelbench: mine on cpu, * tasks", "*relu.py::correctness PASSED*"])
    (record,) = project.records()
    assert (record["device"]["kind"], record["label"], record["launches"]) == ("cpu", None, 0)


def test_the_interpreter_tells_kernels_from_plain_torch(project: Project) -> None:
    project.submit({"relu.py": RELU, "softmax.py": SOFTMAX})
    project.submit({"relu.py": TORCH_RELU, "submission.toml": 'language = "torch"'}, "torch")
    result = project.judge("--kb-submission=torch", "--kb-device=interpreter")
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(
        ["rejected: Math softmax of *: it is labelled torch_only: it launches no Triton kernel*"]
    )
    records = {(record["submission"], record["task"]): record for record in project.records()}
    assert {key: (record["status"], record["label"]) for key, record in records.items()} == {
        ("mine", "relu"): ("passed", "kernel"),
        ("mine", "softmax"): ("rejected", "torch_only"),
        ("torch", "relu"): ("passed", "torch_only"),
    }
    assert records["mine", "relu"]["launches"] == 1
    assert records["mine", "relu"]["kernel_share"] >= 0.95
