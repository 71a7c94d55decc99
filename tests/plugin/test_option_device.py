"""--kb-device: where kernels run."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import RELU, SOFTMAX, TORCH_RELU, Project

HAS_GPU = any(Path("/dev").glob("nvidia[0-9]*"))


def test_an_unknown_device(project: Project) -> None:
    project.submit({"relu.py": RELU})
    said = project.refused("--kb-submission=mine", "--kb-device=interpeter")
    assert said == "ERROR: --kb-device=interpeter: did you mean interpreter? (one of 4)"


@pytest.mark.skipif(HAS_GPU, reason="there is a GPU here")
def test_cuda_without_a_gpu(project: Project) -> None:
    project.submit({"relu.py": RELU})
    said = project.refused("--kb-submission=mine", "--kb-device=cuda")
    assert said == "ERROR: --kb-device=cuda: no GPU was found (no /dev/nvidia*); choose from: auto, interpreter, cpu"


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
    result.stdout.fnmatch_lines(["rejected: Math softmax: it is labelled torch_only: it launches no Triton kernel*"])
    records = {(record["submission"], record["task"]): record for record in project.records()}
    assert {key: (record["status"], record["label"]) for key, record in records.items()} == {
        ("mine", "relu"): ("passed", "kernel"),
        ("mine", "softmax"): ("rejected", "torch_only"),
        ("torch", "relu"): ("passed", "torch_only"),
    }
    assert records["mine", "relu"]["launches"] == 1
    assert records["mine", "relu"]["kernel_share"] >= 0.95
