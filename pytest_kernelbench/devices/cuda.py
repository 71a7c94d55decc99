"""A real GPU in a runner: select it, count or skip its launches, and find results that are not ready."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from typing import Any

import torch
from torch.utils._pytree import tree_leaves

from pytest_kernelbench.devices.instruments import LAUNCH_EVENT, Instruments, patch_autotuner

HOLD_CYCLES = 500_000
"""Clock cycles, about 0.3 ms, for which the caller's stream is busy before a judged call.

Work that a kernel starts on another stream without waiting for it then cannot be done by chance when it is read.
"""

DEFAULT_STREAM = 0
"""Handle of the stream on which calls are made."""


class NoGpu(Exception):
    """The requested GPU cannot be used."""


class CudaDevice:
    """The one GPU that this process can see."""

    name = "cuda:0"
    """Its name in torch."""

    def __init__(self, uuid: str) -> None:
        """Create the CUDA context on the GPU with this UUID; call this before the process is confined.

        Raises `NoGpu` where the GPU cannot be used. The process must not have used CUDA before.
        """
        os.environ["CUDA_VISIBLE_DEVICES"] = uuid
        if torch.version.cuda is None:
            raise NoGpu(f"torch {torch.__version__} was built without CUDA: install a build for CUDA")
        try:
            torch.ones(1, device=self.name).sum().item()
            self._driver()
        except Exception as error:
            raise NoGpu(f"GPU {uuid} cannot be used: {type(error).__name__}: {error}") from error

    @staticmethod
    def _driver() -> None:
        """Load Triton's driver; the first time on a machine, Triton compiles a part of it into its usual cache."""
        from triton.runtime import driver

        driver.active.get_current_target()

    def watch(self, instruments: Instruments) -> None:
        """Pass all launches and autotuning through the instruments until this process ends."""
        from triton.runtime import driver

        watch_launches(driver.active, instruments)
        patch_autotuner(instruments)

    @staticmethod
    def compiler() -> Any:
        """Return the class whose method `_do_compile` compiles for this device."""
        from triton.runtime.jit import JITFunction

        return JITFunction

    def settled(self) -> bool:
        """Wait for all streams, and return whether the device has nothing to do; not while a graph is captured."""
        if torch.cuda.is_current_stream_capturing():
            return False
        self.synchronise()
        return True

    def hold(self) -> None:
        """Keep the current stream busy for `HOLD_CYCLES`."""
        torch.cuda._sleep(HOLD_CYCLES)  # type: ignore[no-untyped-call]

    def synchronise(self) -> None:
        """Wait for all streams; raises errors of the GPU."""
        torch.cuda.synchronize()

    def empty_cache(self) -> None:
        """Return unused memory to the GPU."""
        torch.cuda.empty_cache()


def watch_launches(driver: Any, instruments: Instruments) -> None:
    """Patch a driver of Triton so that every launch, however it is made, passes through the instruments.

    Launches on streams other than the default one are also counted separately. In timed calls (`tuned`), the arguments
    are not inspected, because that would add to the host time of each launch.
    """
    launcher: Any = driver.launcher_cls

    class Watched(launcher):  # type: ignore[misc]
        """The launcher of the driver, with instruments."""

        def __init__(self, source: Any, *rest: Any) -> None:
            super().__init__(source, *rest)
            self.file = _file_of(source)

        def __call__(self, grid_x: int, grid_y: int, grid_z: int, stream: Any, *rest: Any) -> Any:
            if instruments.conditions.skip_launches:
                return None
            if instruments.conditions.fail_launches:
                raise RuntimeError("launches fail in this call")
            if not instruments.conditions.tuned:
                sys.audit(LAUNCH_EVENT, self.file)
            with instruments.watching(rest):
                result = super().__call__(grid_x, grid_y, grid_z, stream, *rest)
            # Only launches that work count, not those after whose failure a kernel falls back to torch.
            counts = instruments.counts
            counts.launches += 1
            counts.off_stream_launches += stream != DEFAULT_STREAM
            if not instruments.conditions.tuned:
                counts.touched += sum(_elements(leaf) for leaf in tree_leaves(rest))
                instruments.captured |= capturing(tree_leaves(rest))
            return result

    driver.launcher_cls = Watched


def _file_of(source: Any) -> str:
    """Return the file of the function that was compiled; empty where it was not a Python function."""
    function = getattr(getattr(source, "fn", None), "fn", None)
    return getattr(getattr(function, "__code__", None), "co_filename", "")


def capturing(arguments: Iterable[Any]) -> bool:
    """Whether launches on these arguments are now captured in a CUDA graph: their memory can then not be read."""
    on_gpu = torch.version.cuda is not None and any(getattr(each, "is_cuda", False) for each in arguments)
    return on_gpu and torch.cuda.is_current_stream_capturing()


def _elements(argument: Any) -> int:
    """Return the number of elements of a tensor, or of the tensor behind a tensor descriptor; 0 for anything else."""
    tensor = getattr(argument, "base", None) if not isinstance(argument, torch.Tensor) else argument
    return tensor.numel() if isinstance(tensor, torch.Tensor) else 0


def unready(results: list[torch.Tensor], device: Any) -> bool:
    """Whether a reader on the caller's stream would see other values than there are after a synchronisation.

    The results are copied on the caller's stream, and again after all streams are done. The copies differ where a
    kernel works on another stream and does not make the caller's stream wait for it.
    """
    early = [_dense(tensor) for tensor in results]
    device.synchronise()
    return any(not torch.equal(before, _dense(after)) for before, after in zip(early, results, strict=True))


def _dense(tensor: torch.Tensor) -> torch.Tensor:
    """Return a copy of the elements as bytes (uint8)."""
    copy = tensor.detach().resolve_conj().resolve_neg().clone(memory_format=torch.contiguous_format)
    return copy.reshape(-1).view(torch.uint8)


def first_line(error: BaseException) -> str:
    """Return the first line of a CUDA error: torch appends advice on debugging."""
    return next(iter(str(error).strip().splitlines()), type(error).__name__)
