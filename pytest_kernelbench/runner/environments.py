"""How a runner works on each kind of device: where tensors are, what is instrumented, what an exception means."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from types import CodeType
from typing import TYPE_CHECKING, Any

from pytest_kernelbench.runner.errors import describe, describe_on_gpu
from pytest_kernelbench.runner.pauses import Pauses
from pytest_kernelbench.wire import protocol
from pytest_kernelbench.wire.conditions import CallConditions
from pytest_kernelbench.wire.device_names import AS, COMPILE, CUDA, INTERPRETER, stand_in_of

if TYPE_CHECKING:
    import torch

    from pytest_kernelbench.devices.cuda import CudaDevice
    from pytest_kernelbench.model.case import Case
    from pytest_kernelbench.runner.timing import Timer
    from pytest_kernelbench.runner.watch import Watch
    from pytest_kernelbench.wire.materialize import Arguments


class ExecutionEnvironment:
    """The CPU without a stand-in or instruments; the other environments override what differs."""

    tensor_device: str | None = None
    """Device that the kernel's tensor arguments are copied to; None leaves them where they are made, on the CPU."""

    generator_device: str | None = None
    """Device that random generators among the arguments say they are on; None for that of the tensors."""

    def mode(self, poison: str = "nan") -> contextlib.AbstractContextManager[Any]:
        """Return the context in which the kernel's code runs; `poison` names the contents of uninitialised memory."""
        return contextlib.nullcontext()

    @contextlib.contextmanager
    def loading(self, code: CodeType, path: str) -> Iterator[None]:
        """Enter the context in which the code of the kernel's file is executed."""
        with self.mode():
            yield

    def pausing(self, responder: protocol.Responder | None) -> contextlib.AbstractContextManager[None]:
        """Return a context in which the judge is told when the device is not used; never without a responder."""
        return contextlib.nullcontext()

    def ran(self) -> list[int]:
        """Return the lines of the kernel's file that have run for the first time since the last call."""
        return []

    @contextlib.contextmanager
    def watching(self, arguments: Arguments, rewrite: Case | None) -> Iterator[None]:
        """Watch the launches of calls with these arguments, where the conditions of a call ask for that."""
        yield

    def run(self, conditions: CallConditions, call: Callable[[], Any]) -> Any:
        """Call the kernel under these conditions and return its result."""
        return call()

    def settle(self, results: Sequence[torch.Tensor]) -> bool:
        """Wait for all work, and return whether that changed the results as seen on the caller's stream."""
        return False

    def counts(self) -> dict[str, int]:
        """Return the counts of the last call, as in `devices.instruments.Counts`."""
        return {}

    def operations(self) -> dict[str, int]:
        """Return the elements that each computing ATen operation touched in the last call, if that was audited."""
        return {}

    def violations(self) -> list[str]:
        """Return what launches did that breaks a rule of the language or of memory, since this was asked last."""
        return []

    def timer(self) -> Timer:
        """Return the timer of this device."""
        from pytest_kernelbench.runner.timing import HostTimer

        return HostTimer()

    def tune(self) -> None:
        """Let all further calls autotune as they would without a judge."""

    def describe(self, error: BaseException, path: str) -> dict[str, Any]:
        """Return the header of the response to a request that raised `error`; `path` is the kernel's file."""
        return describe(error, path)


class _Instrumented(ExecutionEnvironment):
    """A device whose launches pass through instruments."""

    def __init__(self) -> None:
        from pytest_kernelbench.devices.instruments import Instruments

        self.instruments = Instruments()
        self.watched: Watch | None = None

    @contextlib.contextmanager
    def watching(self, arguments: Arguments, rewrite: Case | None) -> Iterator[None]:
        from pytest_kernelbench.runner.watch import Watch

        self.watched = Watch(self.instruments, arguments, rewrite)
        try:
            yield
        finally:
            # The arguments must not live longer than their call: those of some cases take gigabytes of addresses.
            self.watched = self.instruments.watcher = None

    def run(self, conditions: CallConditions, call: Callable[[], Any]) -> Any:
        self.instruments.start(conditions)
        watching = self.watched.over(conditions) if self.watched is not None else contextlib.nullcontext()
        with self.mode(conditions.poison), watching:
            return call()

    def counts(self) -> dict[str, int]:
        from dataclasses import asdict

        return asdict(self.instruments.counts)

    def operations(self) -> dict[str, int]:
        return self.instruments.operations

    def violations(self) -> list[str]:
        return self.instruments.take_violations()


class Interpreted(_Instrumented):
    """Triton's interpreter, behind a stand-in for CUDA."""

    generator_device = "cuda"

    def __init__(self, device: str = INTERPRETER) -> None:
        """`device` is the name of an interpreter, which may name the GPU that the stand-in is."""
        super().__init__()
        import numpy as np

        from pytest_kernelbench.devices import interpretation
        from pytest_kernelbench.devices.lines import RanLines
        from pytest_kernelbench.devices.stood_for import StoodFor
        from pytest_kernelbench.model.targets import TARGETS

        # A GPU does not report overflow, and the warnings of numpy would bury what the kernel itself prints.
        np.seterr(all="ignore")
        named = stand_in_of(device)
        self.gpu = StoodFor(TARGETS[named[0]], named[1]) if named else StoodFor()
        self.lines = RanLines()
        interpretation.install(self.instruments, self.gpu, self.lines)

    def mode(self, poison: str = "nan") -> contextlib.AbstractContextManager[Any]:
        from pytest_kernelbench.devices.stand_in import StandIn

        return StandIn(poison)

    @contextlib.contextmanager
    def loading(self, code: CodeType, path: str) -> Iterator[None]:
        self.lines.begin(code, path)
        with super().loading(code, path), self.lines.watching():
            yield

    def ran(self) -> list[int]:
        return self.lines.take()

    def run(self, conditions: CallConditions, call: Callable[[], Any]) -> Any:
        with self.lines.watching():
            return super().run(conditions, call)

    def counts(self) -> dict[str, int]:
        return {**super().counts(), "asked": self.gpu.asked}

    def look(self, request: dict[str, Any], entry: Any, path: str) -> dict[str, Any]:
        """Look at what the entry point launches on a case, as `runner.looking.look` does."""
        from pytest_kernelbench.runner.looking import look

        return {**look(self.instruments, request, entry, path), "asked": self.gpu.asked}


class OnGpu(_Instrumented):
    """A real GPU."""

    def __init__(self, device: CudaDevice) -> None:
        super().__init__()
        self.device = device
        self.tensor_device = device.name
        device.watch(self.instruments)
        self.pauses = Pauses(device.settled)
        self.pauses.while_compiling(device.compiler())

    def mode(self, poison: str = "nan") -> contextlib.AbstractContextManager[Any]:
        from pytest_kernelbench.devices.stand_in import Poisoned

        return Poisoned(poison)

    def pausing(self, responder: protocol.Responder | None) -> contextlib.AbstractContextManager[None]:
        return self.pauses.allowed(responder)

    def run(self, conditions: CallConditions, call: Callable[[], Any]) -> Any:
        self.device.synchronise()
        self.device.hold()
        return super().run(conditions, call)

    def timer(self) -> Timer:
        from pytest_kernelbench.runner.cuda_timer import CudaTimer

        return CudaTimer(off_stream_launches=lambda: self.instruments.counts.off_stream_launches)

    def tune(self) -> None:
        self.instruments.start(CallConditions(tuned=True))

    def settle(self, results: Sequence[torch.Tensor]) -> bool:
        from pytest_kernelbench.devices.cuda import unready

        return unready([tensor for tensor in results if tensor.numel()], self.device)

    def describe(self, error: BaseException, path: str) -> dict[str, Any]:
        """Return the header; a lost context makes it a crash, because every later call of this process would fail."""
        from pytest_kernelbench.devices.cuda import first_line

        header = describe_on_gpu(error, path)
        try:
            self.device.synchronise()
        except Exception as fatal:
            header |= {"status": "crash", "message": f"the CUDA context is lost: {first_line(fatal)}"}
        else:
            # Memory that the failed call leaves behind must not be missing in the next one.
            self.device.empty_cache()
        return header


class CompileOnly(ExecutionEnvironment):
    """A target that launches are compiled for; none of them is run."""

    def __init__(self, target: str) -> None:
        from pytest_kernelbench.devices.cross_compile import Compiler

        self.compiler = Compiler(target)

    def mode(self, poison: str = "nan") -> contextlib.AbstractContextManager[Any]:
        from pytest_kernelbench.devices.stand_in import StandIn

        return StandIn(poison)

    def compile(
        self, request: dict[str, Any], entry: Any, path: str, report: Callable[[dict[str, Any]], None]
    ) -> dict[str, Any]:
        """Compile what the entry point launches on a case, as `runner.compiling.compile_case` does."""
        from pytest_kernelbench.runner.compiling import compile_case

        return compile_case(self.compiler, request, entry, path, report)


def environment_for(device: str) -> ExecutionEnvironment:
    """Return the environment of a device, ready for a kernel to be imported; raises where the device cannot be used."""
    if device.startswith(COMPILE):
        return CompileOnly(device.removeprefix(COMPILE))
    if device.startswith(CUDA):
        from pytest_kernelbench.devices.cuda import CudaDevice

        return OnGpu(CudaDevice(device.removeprefix(CUDA)))
    return Interpreted(device) if device == INTERPRETER or device.startswith(AS) else ExecutionEnvironment()
