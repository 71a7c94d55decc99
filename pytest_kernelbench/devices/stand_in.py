"""CPU tensors that answer as CUDA tensors, so that a kernel's host code runs on a machine without a GPU.

A torch function mode rewrites `device=` arguments and answers what is asked of a tensor's device; `torch.cuda` gets
answers of an idle GPU; Triton gets a driver whose target is harmless. Install before the kernel's module is imported.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

CUDA, CPU = torch.device("cuda", 0), torch.device("cpu")
CAPABILITY = (8, 0)
WARP = 32

PROPERTIES = SimpleNamespace(
    name="CPU stand-in",
    major=CAPABILITY[0],
    minor=CAPABILITY[1],
    multi_processor_count=108,
    total_memory=80 << 30,
    warp_size=WARP,
    max_threads_per_multi_processor=2048,
    shared_memory_per_block_optin=166_912,
    regs_per_multiprocessor=65_536,
    L2_cache_size=40 << 20,
)
"""What an A100 would answer; kernels size their grids by it."""

POISONS: dict[str, float] = {"nan": float("nan"), "big": 2.0**100, "zero": 0.0, "one": 1.0}
"""Contents of memory that nobody has initialised; the harmless two are for kernels that are compiled and never run."""

INTEGERS = {"big": 7, "zero": 0, "one": 1}
"""The same for integers, where it is not the largest."""

_EMPTY = {
    torch.empty,
    torch.empty_like,
    torch.empty_strided,
    torch.empty_permuted,
    torch.Tensor.new_empty,
    torch.Tensor.new_empty_strided,
}


def _getter(name: str) -> Any:
    return getattr(torch.Tensor, name).__get__


class Poisoned(TorchFunctionMode):
    """While it is active, fresh memory is poisoned, on whatever device."""

    def __init__(self, poison: str = "nan") -> None:
        super().__init__()
        self.poison = poison

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        if func in _EMPTY:
            poison(result, self.poison)
        return result


class StandIn(Poisoned):
    """While it is active, every tensor says that it lives on `cuda:0`, and fresh memory is poisoned.

    `home` is the device on which tensors lie that are made on a CUDA device.
    """

    def __init__(self, poison: str = "nan", home: torch.device = CPU) -> None:
        super().__init__(poison)
        self.home = home
        # Accessors are made anew at each access: they can be compared with ==, and looked up, but not with `is`.
        self.answers: dict[Any, Callable[..., Any]] = {
            _getter("device"): lambda tensor: CUDA,
            _getter("is_cuda"): lambda tensor: True,
            _getter("is_cpu"): lambda tensor: False,
            torch.Tensor.get_device: lambda tensor: 0,
            torch.Tensor.cuda: lambda tensor, *args, **kwargs: tensor,
            torch.Tensor.pin_memory: lambda tensor, *args, **kwargs: tensor,
        }

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        answer = self.answers.get(func)
        if answer is not None:
            return answer(*args, **(kwargs or {}))
        if func is torch.device:
            return func(*args, **(kwargs or {}))
        home = self.home
        rehomed = tuple(rehome(value, home) for value in args)
        return super().__torch_function__(func, types, rehomed, _rehomed(kwargs or {}, home))


def rehome(value: Any, home: torch.device = CPU) -> Any:
    """Return `home` where `value` names a CUDA device, and `value` itself otherwise."""
    if isinstance(value, torch.device):
        return home if value.type == "cuda" else value
    if isinstance(value, str) and value.partition(":")[0] == "cuda":
        return home
    return value


def _rehomed(kwargs: dict[str, Any], home: torch.device) -> dict[str, Any]:
    return {name: rehome(value, home) for name, value in kwargs.items()}


def poison(tensor: torch.Tensor, name: str) -> None:
    """Fill uninitialised memory with NaN or with a large finite number (integers with an extreme)."""
    if tensor.is_floating_point() or tensor.is_complex():
        value = POISONS[name]
        if tensor.dtype == torch.float16 and value == value:
            value = 60_000.0
        tensor.fill_(value)
    elif tensor.dtype == torch.bool:
        tensor.fill_(name != "zero")
    else:
        tensor.fill_(INTEGERS.get(name, torch.iinfo(tensor.dtype).max))


class Event:
    """A CUDA event that is always done and took no time."""

    def __init__(self, *args: Any, **kwargs: Any) -> None: ...

    def record(self, stream: Any = None) -> None: ...

    def wait(self, stream: Any = None) -> None: ...

    def synchronize(self) -> None: ...

    def query(self) -> bool:
        return True

    def elapsed_time(self, end: Any) -> float:
        return 0.0


class Stream(Event):
    """A CUDA stream on which everything has happened already."""

    device = CUDA
    device_index = 0
    cuda_stream = 0

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        sys.audit("kernelbench.stream")

    def wait_stream(self, stream: Any) -> None: ...

    def wait_event(self, event: Any) -> None: ...

    def record_event(self, event: Any = None) -> Any:
        return event or Event()

    def __enter__(self) -> Stream:
        return self

    def __exit__(self, *error: object) -> None: ...


class Driver:
    """What Triton asks of a driver while the interpreter runs; autotuning asks even then."""

    utils = SimpleNamespace(
        get_device_properties=lambda device: {
            "max_shared_mem": PROPERTIES.shared_memory_per_block_optin,
            "multiprocessor_count": PROPERTIES.multi_processor_count,
            "max_num_regs": PROPERTIES.regs_per_multiprocessor,
            "warpSize": WARP,
        }
    )

    def get_current_target(self) -> Any:
        from triton.backends.compiler import GPUTarget

        return GPUTarget("cuda", 10 * CAPABILITY[0] + CAPABILITY[1], WARP)

    def get_current_device(self) -> int:
        return 0

    def set_current_device(self, device: int) -> None: ...

    def get_current_stream(self, device: int = 0) -> int:
        return 0

    def get_active_torch_device(self) -> torch.device:
        return CPU

    def get_device_interface(self) -> Any:
        return torch.cuda

    def get_benchmarker(self) -> Callable[..., list[float]]:
        def benchmark(call: Callable[[], Any], *args: Any, quantiles: Any = None, **kwargs: Any) -> list[float]:
            call()
            return [1.0, 1.0, 1.0]

        return benchmark

    def get_empty_cache_for_benchmark(self) -> torch.Tensor:
        return torch.empty(1)

    def clear_cache(self, cache: Any) -> None: ...


def install(properties: SimpleNamespace = PROPERTIES, driver: Any = None) -> None:
    """Make `torch.cuda` and Triton's driver answer as an idle GPU, for the rest of this process."""
    import triton

    @contextlib.contextmanager
    def nothing(*args: Any, **kwargs: Any) -> Iterator[None]:
        yield

    stream = Stream()
    answers: dict[str, Any] = {
        "is_available": lambda: True,
        "is_initialized": lambda: True,
        "init": lambda: None,
        "device_count": lambda: 1,
        "current_device": lambda: 0,
        "set_device": lambda device: None,
        "synchronize": lambda device=None: None,
        "empty_cache": lambda: None,
        "memory_allocated": lambda device=None: 0,
        "max_memory_allocated": lambda device=None: 0,
        "reset_peak_memory_stats": lambda device=None: None,
        "get_device_name": lambda device=None: properties.name,
        "get_device_capability": lambda device=None: (properties.major, properties.minor),
        "get_device_properties": lambda device=None: properties,
        "is_bf16_supported": lambda including_emulation=True: True,
        # Not torch.manual_seed, which calls these two.
        "manual_seed": torch.default_generator.manual_seed,
        "manual_seed_all": torch.default_generator.manual_seed,
        "current_stream": lambda device=None: stream,
        "default_stream": lambda device=None: stream,
        "device": nothing,
        "device_of": nothing,
        "stream": nothing,
        "Event": Event,
        "Stream": Stream,
    }
    for name, answer in answers.items():
        setattr(torch.cuda, name, answer)
    # A method mode is too late for it: the stream's type is checked first.
    setattr(torch.Tensor, "record_stream", lambda tensor, stream: None)  # noqa: B010
    setattr(torch, "Generator", _generator(torch.Generator))  # noqa: B010 - mypy knows that the class is final
    triton.runtime.driver.set_active(driver or Driver())


def _generator(original: Any) -> Any:
    class Generator(original):  # type: ignore[misc]
        """A generator that lives on the CPU whatever device it is asked for."""

        def __new__(cls, device: Any = "cpu") -> Any:
            return super().__new__(cls, device=rehome(device))

    return Generator
