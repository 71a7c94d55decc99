"""Compile what a kernel launches for a GPU that this machine need not have: Triton's compiler with a driver of our own.

Every specialisation passes through `triton.compiler.compile`, which is patched here to report when it starts and when
it ends. If the compiler hangs or crashes, the specialisation that it was compiling is therefore known.
"""

from __future__ import annotations

import math
import re
import signal
import time
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from pytest_kernelbench.devices import driver, launches, torch_cuda
from pytest_kernelbench.devices.resources import Resources, of_assembler, of_code_object, overhear
from pytest_kernelbench.devices.specialisations import specialisation
from pytest_kernelbench.devices.stood_for import StoodFor
from pytest_kernelbench.model.targets import TARGETS

_KILLED = re.compile(r"failed with error code -(\d+)")
"""Triton's message where a signal ended the assembler."""

MAX_LAUNCHES = 100_000
"""Launches of one call after which the call counts as endless."""

UNTRIED = [math.inf] * 3
"""Times of a configuration that does not compile, as Triton's autotuner has them: it is not chosen."""

TENSOR_MEMORY = 512
"""Columns of tensor memory that a block may use, on targets that have such memory."""


class EndlessLaunches(Exception):
    """Host code launches kernels without end."""


class Compiler:
    """Compiles all launches of this process for one target; create one, before the kernel's module is imported."""

    def __init__(self, target: str) -> None:
        self.target = TARGETS[target]
        self.report: Callable[[dict[str, Any]], None] = lambda header: None
        """Gets a message when each specialisation starts and when it ends."""
        self.launches: list[tuple[Any, ...]] = []
        """Kernel and grid of each launch of the current call."""
        self.failed: BaseException | None = None
        """The last error of the compiler in the current call, whether or not the kernel caught it."""
        self.limits = launches.LaunchLimits.of(self.target.backend, self.target.warp, self.target.threads)
        """What a launch may ask for."""
        self.every = True
        """Whether the autotuner tries every configuration, or only as many as it takes to find one that compiles."""
        self._found = False  # whether the autotuner has found such a configuration
        self._tuning = 0  # depth of calls of the autotuner
        self._log = ""
        self._resources: dict[bytes, Resources] = {}
        self._errors: dict[Any, BaseException] = {}
        gpu = StoodFor(self.target)
        torch_cuda.install(gpu, _driver(self, gpu))
        self._watch()

    def start(self) -> None:
        """Begin a call: reset what is known about the last one."""
        self.launches, self.failed = [], None

    def _watch(self) -> None:
        """Patch Triton's compiler, autotuner and assembler until this process ends."""
        import triton.compiler as package
        from triton.runtime.autotuner import Autotuner

        real, evaluation, run = package.compile, Autotuner._bench, Autotuner.run

        def compile(src: Any, target: Any = None, options: Any = None, **more: Any) -> Any:
            return self._compile(real, src, target, options, more)

        def tried(tuner: Any, *args: Any, **kwargs: Any) -> Any:
            if self._found and not self.every:
                return UNTRIED
            self._tuning += 1
            try:
                times = evaluation(tuner, *args, **kwargs)
            finally:
                self._tuning -= 1
            self._found = times != UNTRIED
            return times

        def tune(tuner: Any, *args: Any, **kwargs: Any) -> Any:
            # Some autotuners have their own benchmark function, which would time launches with events.
            tuner.do_bench, self._found = driver.benchmark, False
            return run(tuner, *args, **kwargs)

        package.compile, Autotuner._bench, Autotuner.run = compile, tried, tune
        if self.target.backend == "cuda":
            overhear(self._hear)

    def _hear(self, log: str) -> None:
        self._log = log

    def _compile(self, real: Any, src: Any, target: Any, options: Any, more: dict[str, Any]) -> Any:
        """Compile and report a specialisation; one that failed before fails again without being compiled."""
        key = (src.hash(), str(options))
        if key in self._errors:
            self.failed = self._errors[key]
            raise self.failed
        what = {"status": "progress", "name": str(src.name), "specialisation": specialisation(src, options)}
        self.report({**what, "done": False})
        self._log = ""
        started = time.perf_counter()
        try:
            kernel = real(src, target=target, options=options, **more)
        except Exception as error:
            self.failed = self._errors[key] = error
            self._report_end(what, started, error)
            raise
        self._report_end(what, started, self._excess(kernel.metadata), kernel)
        return kernel

    def _report_end(
        self, what: dict[str, Any], started: float, error: BaseException | None, kernel: Any = None
    ) -> None:
        numbers: dict[str, Any] = {"tuned": self._tuning > 0, "seconds": time.perf_counter() - started}
        if error is not None:
            numbers |= {"reason": reason(error), "error": message(error)}
        if kernel is not None:
            numbers |= self._numbers(kernel)
        self.report({**what, **numbers, "done": True})

    def _numbers(self, kernel: Any) -> dict[str, Any]:
        metadata, binary = kernel.metadata, bytes(kernel.kernel)
        amd = self.target.backend == "hip"
        resources = of_code_object(kernel.asm["amdgcn"]) if amd else of_assembler(self._log)
        self._resources[binary] = resources
        return {
            **asdict(resources),
            "shared_bytes": metadata.shared,
            "warps": metadata.num_warps,
            "stages": getattr(metadata, "num_stages", None),
            "code_bytes": len(binary),
        }

    def _excess(self, metadata: Any) -> BaseException | None:
        """Return the error that loading the kernel would raise if it needs more than a block may use."""
        from triton.runtime.errors import OutOfResources

        limits = (
            (metadata.shared, self.target.shared, "shared memory"),
            (getattr(metadata, "tmem_size", None) or 0, TENSOR_MEMORY, "tensor memory"),
            (metadata.num_warps * self.target.warp, self.target.threads, "threads"),
        )
        for needed, limit, name in limits:
            if needed > limit:
                return OutOfResources(needed, limit, name)  # type: ignore[no-any-return]
        return None

    def resources(self, binary: bytes) -> Resources:
        """Return the resources that a compiled binary needs."""
        return self._resources.get(bytes(binary), Resources())

    def blamed(self, error: BaseException) -> bool:
        """Whether the compiler ended a call, or a launch that needs more than the target has."""
        from triton.runtime.errors import OutOfResources

        link: BaseException | None = error
        while link is not None and link is not self.failed and not isinstance(link, OutOfResources):
            link = link.__cause__
        return link is not None

    def launch(self, kernel: str, grid: tuple[Any, ...]) -> None:
        """Record a launch; raises `EndlessLaunches`."""
        self.launches.append((kernel, *grid))
        if len(self.launches) > MAX_LAUNCHES:
            raise EndlessLaunches(f"more than {MAX_LAUNCHES} launches in one call")


def reason(error: BaseException) -> str:
    """Return the kind of an error of the compiler, as in `model.record.CompileRecord.reason`."""
    # By name, since Triton has moved the classes.
    names = {base.__name__ for base in type(error).__mro__}
    if "OutOfResources" in names or "too much shared data" in str(error):
        return "out_of_resources"
    if "CompilationError" in names:
        return "language"
    return "assembler" if "PTXASError" in names else "compiler"


def message(error: BaseException) -> str:
    """Return the messages of a chain of compiler errors, the innermost first, which has the cause."""
    chain: list[str] = []
    link: BaseException | None = error
    while link is not None and len(chain) < 8:
        text = str(link).strip()
        if text and not any(text in known for known in chain):
            chain.append(text if type(link).__module__.startswith("triton") else f"{type(link).__name__}: {text}")
        link = link.__cause__
    text = "\n".join(reversed(chain)) or type(error).__name__
    return _KILLED.sub(lambda match: f"was ended by {_signal(int(match[1]))}", text)


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _driver(compiler: Compiler, gpu: StoodFor) -> Any:
    """Return a driver for Triton that records launches instead of making them."""
    from triton.compiler.compiler import CompiledKernel

    target = compiler.target
    # Newer versions of Triton expect one more value from loading a binary.
    knows_threads = "n_max_threads" in CompiledKernel._init_handles.__code__.co_names

    def load(name: str, binary: bytes, shared: int, device: int) -> tuple[Any, ...]:
        resources = compiler.resources(binary)
        # Like the real driver, this counts spills in words of 4 bytes.
        loaded = (None, 1, resources.registers or 1, (resources.stack or 0) // 4)
        return (*loaded, target.threads) if knows_threads else loaded

    class Launcher:
        """Records launches."""

        def __init__(self, src: Any, metadata: Any) -> None:
            self.kernel = str(metadata.hash)
            self.name, self.warps = str(metadata.name), metadata.num_warps

        def __call__(self, grid_x: Any, grid_y: Any, grid_z: Any, *rest: Any, **more: Any) -> None:
            grid = launches.grid_of((grid_x, grid_y, grid_z), None, (), {})
            try:
                launches.check(self.name, grid, self.warps, compiler.limits)
            except launches.LaunchRefused as error:
                compiler.failed = error
                raise
            compiler.launch(self.kernel, grid)

    class Driver(driver.Driver):
        """The driver of the target."""

        launcher_cls = Launcher

        def __init__(self) -> None:
            super().__init__(gpu)
            self.utils.load_binary = load
            self.utils.unload_module = lambda module: None

    return Driver()
