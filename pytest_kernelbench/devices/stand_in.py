"""A stand-in for CUDA: CPU tensors that claim to be on a GPU, so that host code runs on a machine without one.

A torch function mode redirects `device=` arguments to the CPU and answers queries for a tensor's device. `torch.cuda`
answers like an idle GPU, and Triton gets a driver without a device. Install before the kernel's module is imported.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

from pytest_kernelbench.devices.instruments import STREAM_EVENT

CUDA, CPU = torch.device("cuda", 0), torch.device("cpu")

CAPABILITY = (8, 0)
"""Compute capability of the stand-in."""

WARP = 32
"""Threads of a warp."""

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
"""Device properties of an A100, which kernels choose their grids by."""

POISONS: dict[str, float] = {"nan": float("nan"), "big": 2.0**100, "zero": 0.0, "one": 1.0}
"""Contents of uninitialised memory by name; `zero` and `one` are for kernels that are compiled but not run."""

INTEGERS = {"big": 7, "zero": 0, "one": 1}
"""The same for integers; names that are missing here stand for the largest integer of the dtype."""

_EMPTY = {
    torch.empty,
    torch.empty_like,
    torch.empty_strided,
    torch.empty_permuted,
    torch.Tensor.new_empty,
    torch.Tensor.new_empty_strided,
}


def by_torch(function: Any, args: Any, kwargs: Any) -> Any:
    """Call a function of torch for the kernel; what is raised here is torch's word on what the kernel passes."""
    return function(*args, **(kwargs or {}))


def _getter(name: str) -> Any:
    return getattr(torch.Tensor, name).__get__


class Poisoned(TorchFunctionMode):
    """While active, poisons uninitialised tensors on any device."""

    def __init__(self, poison: str = "nan") -> None:
        super().__init__()
        self.poison = poison

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = by_torch(func, args, kwargs)
        if func in _EMPTY:
            poison(result, self.poison)
        return result


class StandIn(Poisoned):
    """While active, makes every tensor claim to be on `cuda:0`, and poisons uninitialised tensors."""

    def __init__(self, poison: str = "nan", tensor_device: torch.device = CPU) -> None:
        """`tensor_device` is where tensors for a CUDA device are made."""
        super().__init__(poison)
        self.tensor_device = tensor_device
        # Each access to an accessor returns a new object, which equals the others but is not identical to them.
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
            return by_torch(func, args, kwargs)
        redirected = tuple(redirect(value, self.tensor_device) for value in args)
        named = {name: redirect(value, self.tensor_device) for name, value in (kwargs or {}).items()}
        return super().__torch_function__(func, types, redirected, named)


def redirect(value: Any, tensor_device: torch.device = CPU) -> Any:
    """Return `tensor_device` where the value names a CUDA device, and the value itself otherwise."""
    if isinstance(value, torch.device):
        return tensor_device if value.type == "cuda" else value
    if isinstance(value, str) and value.partition(":")[0] == "cuda":
        return tensor_device
    return value


def poison(tensor: torch.Tensor, name: str) -> None:
    """Fill an uninitialised tensor with the contents of this name, one of `POISONS`."""
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
    """A CUDA event that has always happened, at time 0."""

    def __init__(self, *args: Any, **kwargs: Any) -> None: ...

    def record(self, stream: Any = None) -> None: ...

    def wait(self, stream: Any = None) -> None: ...

    def synchronize(self) -> None: ...

    def query(self) -> bool:
        return True

    def elapsed_time(self, end: Any) -> float:
        return 0.0


class Stream(Event):
    """A CUDA stream on which all work is always done."""

    device = CUDA
    device_index = 0
    cuda_stream = 0

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        sys.audit(STREAM_EVENT)

    def wait_stream(self, stream: Any) -> None: ...

    def wait_event(self, event: Any) -> None: ...

    def record_event(self, event: Any = None) -> Any:
        return event or Event()

    def __enter__(self) -> Stream:
        return self

    def __exit__(self, *error: object) -> None: ...


class Driver:
    """The part of Triton's driver that is used on the interpreter, above all by the autotuner."""

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
        return benchmark

    def get_empty_cache_for_benchmark(self) -> torch.Tensor:
        return torch.empty(1)

    def clear_cache(self, cache: Any) -> None: ...


def benchmark(call: Callable[[], Any], *args: Any, **kwargs: Any) -> list[float]:
    """Run an autotune configuration once, and report the same time for all of them."""
    call()
    return [1.0, 1.0, 1.0]


def install(properties: SimpleNamespace = PROPERTIES, driver: Any = None) -> None:
    """Make `torch.cuda` and Triton's driver answer like an idle GPU with these properties until this process ends."""
    import triton

    for name, answer in _answers(properties).items():
        setattr(torch.cuda, name, answer)
    # Not by the mode, because torch checks the type of the stream before it calls that.
    setattr(torch.Tensor, "record_stream", lambda tensor, stream: None)  # noqa: B010
    setattr(torch, "Generator", _generator(torch.Generator))  # noqa: B010 - for mypy, the class is final
    triton.runtime.driver.set_active(driver or Driver())


def _answers(properties: SimpleNamespace) -> dict[str, Any]:
    """Return the functions and classes of `torch.cuda` to replace."""
    stream = Stream()
    return {
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
        # Not torch.manual_seed, because that calls these two.
        "manual_seed": torch.default_generator.manual_seed,
        "manual_seed_all": torch.default_generator.manual_seed,
        "current_stream": lambda device=None: stream,
        "default_stream": lambda device=None: stream,
        "device": _nothing,
        "device_of": _nothing,
        "stream": _nothing,
        "Event": Event,
        "Stream": Stream,
    }


@contextlib.contextmanager
def _nothing(*args: Any, **kwargs: Any) -> Iterator[None]:
    yield


def _generator(original: Any) -> Any:
    """Return a subclass of `torch.Generator` for CUDA devices."""

    class Generator(original):  # type: ignore[misc]
        """A random generator on the CPU, whichever device it is requested for."""

        def __new__(cls, device: Any = "cpu") -> Any:
            return super().__new__(cls, device=redirect(device))

    return Generator
