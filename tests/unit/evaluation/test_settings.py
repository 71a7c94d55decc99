"""Where kernels run: the device that was asked for, on the GPUs that there are."""

from __future__ import annotations

import pytest

from pytest_kernelbench.evaluation import settings
from pytest_kernelbench.evaluation.settings import Settings, choose_device
from pytest_kernelbench.gpus.inventory import PRETENDED, Gpu
from pytest_kernelbench.gpus.pool import Pool
from pytest_kernelbench.model.errors import KernelBenchError

GPUS = "0, GPU-1, NVIDIA H100, 81559, 580.1\n1, GPU-2, NVIDIA A100, 81920, 580.1"


@pytest.fixture(autouse=True)
def machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with two GPUs, and a torch that can use them."""
    monkeypatch.setenv(PRETENDED, GPUS)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setattr(settings, "torch_has_cuda", lambda: True)


@pytest.mark.parametrize("device", ["interpreter", "cpu"])
def test_no_gpu_is_looked_for_where_none_is_asked_for(device: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "gpus", lambda: pytest.fail("the driver was asked"))
    assert choose_device(device) == (device, None, Pool())


@pytest.mark.parametrize("device", ["auto", "cuda"])
def test_kernels_run_on_the_first_gpu(device: str) -> None:
    kind, uuid, pool = choose_device(device)
    assert (kind, uuid, pool.models, pool.others) == ("cuda:h100", "GPU-1", ("h100",), ("a100",))


def test_another_model_and_all_models() -> None:
    assert choose_device("auto", "a100")[:2] == ("cuda:a100", "GPU-2")
    assert choose_device("cuda", "each")[2].models == ("h100", "a100")


def test_a_worker_knows_the_models_of_its_session(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "GPU-2")
    kind, uuid, pool = choose_device("auto", "each", ["h100", "a100"])
    assert (kind, uuid, pool.models) == ("cuda:a100", "GPU-2", ("h100", "a100"))


def test_without_a_gpu_kernels_are_interpreted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PRETENDED, "")
    assert choose_device("auto") == ("interpreter", None, Pool())
    assert choose_device("auto", "each")[0] == "interpreter"


@pytest.mark.parametrize(
    ("listing", "visible", "cuda", "asked", "model", "message"),
    [
        ("", None, True, "cuda", None, "--kb-device=cuda: no GPU was found; choose from: auto, interpreter, cpu"),
        ("", None, True, "auto", "h100", "--kb-gpu=h100: no GPU was found"),
        (GPUS, None, False, "cuda", None, "--kb-device=cuda: torch was built without CUDA; choose from: "),
        (GPUS, "", True, "cuda", None, "--kb-device=cuda: no GPU was found (CUDA_VISIBLE_DEVICES= hides it); "),
        (GPUS, None, True, "auto", "b200", "--kb-gpu=b200: "),
    ],
)
def test_what_is_not_there(
    listing: str,
    visible: str | None,
    cuda: bool,
    asked: str,
    model: str | None,
    message: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(PRETENDED, listing)
    monkeypatch.setattr(settings, "torch_has_cuda", lambda: cuda)
    if visible is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    with pytest.raises(KernelBenchError) as error:
        choose_device(asked, model)
    assert str(error.value).startswith(message)


def test_the_gpu_of_this_process_is_the_first_of_the_pool() -> None:
    gpu = Gpu(0, "GPU-1", "NVIDIA H100")
    assert Settings(pool=Pool((gpu,), ("h100",))).gpu == gpu
    assert Settings().gpu is None
