"""Settings of an evaluation session: a plain dataclass, made from pytest's options or by a program."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from pytest_kernelbench.evaluation.shards import Shard
from pytest_kernelbench.gpus.inventory import Gpu, every, gpus, torch_has_cuda
from pytest_kernelbench.gpus.pool import EACH, Pool
from pytest_kernelbench.model.errors import KernelBenchError
from pytest_kernelbench.model.judging import JudgingSettings
from pytest_kernelbench.model.targets import Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Settings of an evaluation session."""

    judging: JudgingSettings = field(default_factory=JudgingSettings)
    """The settings that verdicts depend on."""
    submissions: tuple[str, ...] = ()
    """The values of `--kb-submission`."""
    kernels: tuple[str, ...] = ()
    """The values of `--kb-kernel`."""
    tasks: Path | None = None
    """A folder of the user's tasks, beside the shipped ones."""
    targets: tuple[Target, ...] = ()
    """GPUs to compile for."""
    pool: Pool = field(default_factory=Pool)
    """The GPUs of the session; empty where kernels do not run on GPUs."""
    results: Path | None = None
    """The file to which records are appended."""
    resume: bool = False
    """Whether kernels with a record in `results` are not judged again."""
    shard: Shard | None = None
    """The part of the kernels that this session judges; None for all."""
    missing: str = "hide"
    """How tasks without a kernel are reported: `hide`, `skip` or `fail`."""
    keeps_code: bool = False
    """Whether what Triton compiled for a kernel on a GPU is kept, for the runners in which the kernel is timed."""
    asks_for_speed: bool = False
    """Whether the user asked for speed items by name; a device that cannot time them collects them only then."""

    @property
    def judges(self) -> bool:
        """Whether the user has selected kernels."""
        return bool(self.submissions or self.kernels)

    @property
    def gpu(self) -> Gpu | None:
        """The GPU of this process; None where kernels do not run on a GPU."""
        return self.pool.gpus[0] if self.pool.gpus else None


def choose_device(asked: str, model: str | None = None, told: list[str] | None = None) -> tuple[str, str | None, Pool]:
    """Return where kernels run: the device as records name it, the UUID of a GPU, and the GPUs of the session.

    `asked` is one of `options.DEVICES`, `model` a model of GPU or `each`. `told` are the models that an xdist worker
    got from its controller. Raises `KernelBenchError` where there is no such device.
    """
    if asked not in ("auto", "cuda"):
        return asked, None, Pool()
    found = gpus()
    lacking = "no GPU was found" if not found else "" if torch_has_cuda() else "torch was built without CUDA"
    if not lacking:
        pool = Pool.of(found, model) if told is None else Pool(found, tuple(told))
        return f"cuda:{pool.gpus[0].slug}", pool.gpus[0].uuid, pool
    if asked == "auto" and model in (None, EACH):
        return "interpreter", None, Pool()
    hidden = "" if found or not every() else f" (CUDA_VISIBLE_DEVICES={os.environ['CUDA_VISIBLE_DEVICES']} hides it)"
    if asked == "auto":
        raise KernelBenchError(f"--kb-gpu={model}: {lacking}{hidden}")
    raise KernelBenchError(f"--kb-device=cuda: {lacking}{hidden}; choose from: auto, interpreter, cpu")
