"""What a runner does in another way on each device: where tensors lie, what is watched, what an exception means."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pytest_kernelbench.runner.mistakes import describe, outcome

if TYPE_CHECKING:
    import torch

    from pytest_kernelbench.runner.timing import Timer

COMPILE = "compile:"
"""What the device of a runner that compiles starts with; the target's name follows."""

CUDA = "cuda:"
"""What the device of a runner on a GPU starts with; the GPU's UUID follows."""


class Workplace:
    """The CPU as it is: nothing stands in and nothing is watched."""

    home: str | None = None
    """Where tensors lie that a kernel is given; None for the memory that they are made in."""

    def mode(self, poison: str = "nan") -> contextlib.AbstractContextManager[Any]:
        """Return what is active while the kernel's code runs."""
        return contextlib.nullcontext()

    def run(self, variant: Mapping[str, Any], call: Callable[[], Any]) -> Any:
        """Call the kernel under a variant and return its result."""
        return call()

    def settle(self, results: Sequence[torch.Tensor]) -> bool:
        """Wait for all work; return whether the results were not ready for a reader on the call's own stream."""
        return False

    def counts(self) -> dict[str, int]:
        """Return what was seen during the last call."""
        return {}

    def operations(self) -> dict[str, int]:
        """Return the elements that each ATen operation of an audited last call has touched."""
        return {}

    def timer(self) -> Timer:
        """Return what times batches of calls here."""
        from pytest_kernelbench.runner.timing import HostTimer

        return HostTimer()

    def tune(self) -> None:
        """Have the calls that follow choose their autotune configurations as they do without a judge."""

    def describe(self, error: BaseException, path: str) -> dict[str, Any]:
        """Return the header that answers a request which raised `error` in the kernel at `path`."""
        return describe(error, path)


class _Watched(Workplace):
    """A device whose launches go through instruments."""

    def __init__(self) -> None:
        from pytest_kernelbench.devices.instruments import Instruments

        self.instruments = Instruments()

    def run(self, variant: Mapping[str, Any], call: Callable[[], Any]) -> Any:
        from pytest_kernelbench.devices.instruments import Variant
        from pytest_kernelbench.runner.audit import Audit

        asked = Variant(**variant)
        self.instruments.start(asked)
        audit = Audit(self.instruments) if asked.audit else contextlib.nullcontext()
        with self.mode(asked.poison), audit:
            return call()

    def counts(self) -> dict[str, int]:
        from dataclasses import asdict

        return asdict(self.instruments.counts)

    def operations(self) -> dict[str, int]:
        return self.instruments.operations


class Interpreted(_Watched):
    """Triton's interpreter, behind a stand-in for CUDA."""

    def __init__(self) -> None:
        super().__init__()
        import numpy as np

        from pytest_kernelbench.devices import bfloat16, interpreter, loops, stand_in

        # A GPU does not report overflow; numpy's warnings would bury what the kernel itself prints.
        np.seterr(all="ignore")
        stand_in.install()
        bfloat16.install()
        loops.install()
        interpreter.install(self.instruments)

    def mode(self, poison: str = "nan") -> contextlib.AbstractContextManager[Any]:
        from pytest_kernelbench.devices.stand_in import StandIn

        return StandIn(poison)


class OnGpu(_Watched):
    """A real GPU. Its errors stay: after one that its context does not survive, the runner must be ended."""

    def __init__(self, board: Any) -> None:
        super().__init__()
        self.board = board
        self.home = board.home
        board.watch(self.instruments)

    def mode(self, poison: str = "nan") -> contextlib.AbstractContextManager[Any]:
        from pytest_kernelbench.devices.stand_in import Poisoned

        return Poisoned(poison)

    def run(self, variant: Mapping[str, Any], call: Callable[[], Any]) -> Any:
        self.board.synchronise()
        self.board.hold()
        return super().run(variant, call)

    def timer(self) -> Timer:
        from pytest_kernelbench.runner.cuda_timer import CudaTimer

        return CudaTimer(elsewhere=lambda: self.instruments.counts.elsewhere)

    def tune(self) -> None:
        from pytest_kernelbench.devices.instruments import Variant

        self.instruments.start(Variant(tuned=True))

    def settle(self, results: Sequence[torch.Tensor]) -> bool:
        from pytest_kernelbench.devices.cuda import unready

        return unready([tensor for tensor in results if tensor.numel()], self.board)

    def describe(self, error: BaseException, path: str) -> dict[str, Any]:
        from pytest_kernelbench.devices.cuda import first_line

        header = outcome(error, path)
        try:
            self.board.synchronise()
        except Exception as fatal:
            header |= {"status": "crash", "message": f"the GPU's context is gone: {first_line(fatal)}"}
        else:
            # What a failed call has left behind must not take the room of the next one.
            self.board.empty_cache()
        return header


def workplace(device: str) -> Workplace:
    """Return the workplace of a device, ready for a kernel to be imported."""
    if device.startswith(COMPILE):
        from pytest_kernelbench.runner.compiling import Compiling

        return Compiling(device.removeprefix(COMPILE))
    if device.startswith(CUDA):
        from pytest_kernelbench.devices.cuda import Board

        return OnGpu(Board(device.removeprefix(CUDA)))
    return Interpreted() if device == "interpreter" else Workplace()
