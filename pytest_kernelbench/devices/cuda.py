"""A real GPU: entered before the kernel is there, its launches counted or dropped, and the end of all work awaited."""

from __future__ import annotations

import os
import sys
from typing import Any

import torch
from torch.utils._pytree import tree_leaves

from pytest_kernelbench.devices.instruments import Instruments, patch_autotuner

HOLD_CYCLES = 500_000
"""Clock cycles for which the stream is held before a judged call, some 0.3 ms: work that another stream does for it and
that nobody waits for is then not done by chance when the result is first read."""


DEFAULT_STREAM = 0
"""Handle of the stream that is current until somebody chooses another."""


class NoGpu(Exception):
    """The GPU that was asked for cannot be used."""


class Board:
    """The one GPU that this process sees."""

    home = "cuda:0"

    def __init__(self, uuid: str) -> None:
        """Enter the GPU with this UUID: its context is made now, while this process may still do everything.

        Raises `NoGpu` where that fails. The process must not have used CUDA before.
        """
        os.environ["CUDA_VISIBLE_DEVICES"] = uuid
        if torch.version.cuda is None:
            raise NoGpu(f"torch {torch.__version__} was built without CUDA: install a build for CUDA")
        try:
            torch.ones(1, device=self.home).sum().item()
            self._driver()
        except Exception as error:
            raise NoGpu(f"GPU {uuid} cannot be used: {type(error).__name__}: {error}") from error

    @staticmethod
    def _driver() -> None:
        """Have Triton load its driver; the first time on a machine it compiles a part of it, for its usual cache."""
        from triton.runtime import driver

        driver.active.get_current_target()

    def watch(self, instruments: Instruments) -> None:
        """Count launches, or drop them, from now on."""
        from triton.runtime import driver

        watch_launches(driver.active, instruments)
        patch_autotuner(instruments)

    def hold(self) -> None:
        """Keep the current stream busy for a moment."""
        torch.cuda._sleep(HOLD_CYCLES)  # type: ignore[no-untyped-call]

    def synchronise(self) -> None:
        """Wait for all streams; raises what went wrong on the GPU since."""
        torch.cuda.synchronize()

    def empty_cache(self) -> None:
        """Give memory back that no tensor uses."""
        torch.cuda.empty_cache()


def watch_launches(driver: Any, instruments: Instruments) -> None:
    """Patch a driver of Triton so that every launch goes through the instruments, whatever way the kernel took to it.

    Launches on other streams than the default one, on which calls are made, are counted apart. Calls that are timed
    are watched for little else: looking at every argument would be a part of the host's time for a launch.
    """
    launcher: Any = driver.launcher_cls

    class Watched(launcher):  # type: ignore[misc]
        """The driver's launcher, watched."""

        def __init__(self, source: Any, *rest: Any) -> None:
            super().__init__(source, *rest)
            self.file = _file_of(source)

        def __call__(self, grid_x: int, grid_y: int, grid_z: int, where: Any, *rest: Any) -> Any:
            if instruments.variant.ghost:
                return None
            if instruments.variant.refuse:
                raise RuntimeError("the launch was refused")
            if not instruments.variant.tuned:
                sys.audit("kernelbench.launch", self.file)
            result = super().__call__(grid_x, grid_y, grid_z, where, *rest)
            # Counted when it has worked: what falls back on torch after a launch that raised has launched nothing.
            counts = instruments.counts
            counts.launches += 1
            counts.elsewhere += where != DEFAULT_STREAM
            if not instruments.variant.tuned:
                counts.touched += sum(_elements(leaf) for leaf in tree_leaves(rest))
            return result

    driver.launcher_cls = Watched


def _file_of(source: Any) -> str:
    """Return the file of the function that a launcher was compiled from; nothing where it was not made from Python."""
    function = getattr(getattr(source, "fn", None), "fn", None)
    return getattr(getattr(function, "__code__", None), "co_filename", "")


def _elements(argument: Any) -> int:
    """Elements of a tensor, or of the tensor behind a descriptor."""
    tensor = getattr(argument, "base", None) if not isinstance(argument, torch.Tensor) else argument
    return tensor.numel() if isinstance(tensor, torch.Tensor) else 0


def unready(results: list[torch.Tensor], board: Any) -> bool:
    """Whether a reader on the call's own stream would see other results than those that are there in the end.

    Copies are queued on that stream first, then all streams are awaited: a kernel that works on a stream of its own and
    does not make the caller's wait for it hands out results that are not there yet.
    """
    early = [_dense(tensor) for tensor in results]
    board.synchronise()
    return any(not torch.equal(then, _dense(now)) for then, now in zip(early, results, strict=True))


def _dense(tensor: torch.Tensor) -> torch.Tensor:
    """Return a copy of the elements as bytes."""
    copy = tensor.detach().resolve_conj().resolve_neg().clone(memory_format=torch.contiguous_format)
    return copy.reshape(-1).view(torch.uint8)


def first_line(error: BaseException) -> str:
    """Return what a CUDA error says, without torch's advice how to debug it."""
    return next(iter(str(error).strip().splitlines()), type(error).__name__)
