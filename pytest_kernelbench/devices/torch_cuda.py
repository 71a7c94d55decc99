"""`torch.cuda` and `torch.accelerator` as on a machine with one idle GPU.

Install before the kernel's module is imported: kernels keep what they import and what they have asked for.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from typing import Any

import torch

from pytest_kernelbench.devices import cuda_graphs, generators, operators
from pytest_kernelbench.devices.instruments import STREAM_EVENT
from pytest_kernelbench.devices.stand_in import CUDA
from pytest_kernelbench.devices.stood_for import StoodFor

TICK_MS = 1000.0
"""Milliseconds between two records of events: so slow a kernel is repeated only once by benchmarks."""

FREE_SHARE = 0.9
"""Share of the GPU's memory that is free."""


class Clock:
    """The time of the stand-in, which passes whenever somebody looks."""

    def __init__(self) -> None:
        self.now = 0.0
        """Milliseconds since the start."""

    def tick(self) -> float:
        """Let time pass and return the new time, in milliseconds."""
        self.now += TICK_MS
        return self.now


CLOCK = Clock()
"""The clock of this process."""


class Event:
    """A CUDA event that has always happened, at the time when it was recorded."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.time: float | None = None

    def record(self, stream: Any = None) -> None:
        """Keep the time."""
        self.time = CLOCK.tick()

    def wait(self, stream: Any = None) -> None: ...

    def synchronize(self) -> None: ...

    def query(self) -> bool:
        return True

    def elapsed_time(self, end: Any) -> float:
        """Return the milliseconds between two recorded events."""
        if self.time is None or end.time is None:
            raise ValueError("Both events must be recorded before calculating elapsed time.")
        return float(end.time - self.time)


class Stream:
    """A CUDA stream on which all work is always done."""

    device = CUDA
    device_index = 0
    device_type = 1
    stream_id = 0
    cuda_stream = 0
    priority = 0

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        sys.audit(STREAM_EVENT)

    def synchronize(self) -> None: ...

    def query(self) -> bool:
        return True

    def wait_stream(self, stream: Any) -> None: ...

    def wait_event(self, event: Any) -> None: ...

    def record_event(self, event: Any = None) -> Any:
        """Record an event, a new one unless it is given."""
        made = Event() if event is None else event
        made.record()
        return made

    def __enter__(self) -> Stream:
        return self

    def __exit__(self, *error: object) -> None: ...


def install(gpu: StoodFor, driver: Any) -> None:
    """Make torch and Triton answer like a machine with this GPU until this process ends."""
    import triton

    stream = Stream()
    for module, answers in (
        (torch.cuda, _of_cuda(gpu, stream)),
        (torch.cuda.nvtx, _of_nvtx()),
        (torch.accelerator if hasattr(torch, "accelerator") else None, _of_accelerator(stream)),
        (torch.version, {"hip": gpu.hip, "cuda": None if gpu.amd else "12.8"}),
    ):
        for name, answer in answers.items():
            if module is not None:
                setattr(module, name, answer)
    cuda_graphs.install()
    operators.install()
    # Not by the mode, because torch checks the type of the stream before it calls that.
    setattr(torch.Tensor, "record_stream", lambda tensor, stream: None)  # noqa: B010
    setattr(torch, "Generator", generators.Generator)  # noqa: B010 - for mypy, the class is final
    triton.runtime.driver.set_active(driver)


def _of_cuda(gpu: StoodFor, stream: Stream) -> dict[str, Any]:
    """Return the functions and classes of `torch.cuda` to replace."""
    properties, generator = gpu.properties, generators.default_generator()
    return {
        "is_available": lambda: True,
        "is_initialized": lambda: True,
        "init": lambda: None,
        "device_count": lambda: 1,
        "current_device": lambda: 0,
        "set_device": lambda device: None,
        "synchronize": lambda device=None: None,
        "ipc_collect": lambda: None,
        "can_device_access_peer": lambda device, peer: False,
        "get_device_name": gpu.told(lambda device=None: properties.name),
        "get_device_capability": gpu.told(lambda device=None: (properties.major, properties.minor)),
        "get_device_properties": gpu.told(lambda device=None: properties),
        "get_arch_list": gpu.told(lambda: [gpu.target.name]),
        "is_bf16_supported": lambda including_emulation=True: True,
        "is_tf32_supported": lambda: not gpu.amd,
        "utilization": lambda device=None: 0,
        "clock_rate": gpu.told(lambda device=None: properties.clock_rate // 1000),
        # Not torch.manual_seed, because that calls these two.
        "manual_seed": generator.manual_seed,
        "manual_seed_all": generator.manual_seed,
        "seed": generator.seed,
        "seed_all": generator.seed,
        "initial_seed": generator.initial_seed,
        "get_rng_state": lambda device="cuda": generator.get_state(),
        "get_rng_state_all": lambda: [generator.get_state()],
        "set_rng_state": lambda state, device="cuda": generator.set_state(state),
        "set_rng_state_all": lambda states: generator.set_state(states[0]),
        "default_generators": (generator,),
        "current_stream": lambda device=None: stream,
        "default_stream": lambda device=None: stream,
        "set_stream": lambda stream: None,
        "device": _nothing,
        "device_of": _nothing,
        "stream": _nothing,
        "Event": Event,
        "Stream": Stream,
        "ExternalStream": Stream,
        **_of_memory(gpu),
    }


def _of_memory(gpu: StoodFor) -> dict[str, Any]:
    """Return the answers about memory: none is in use."""
    total = int(gpu.properties.total_memory)
    counts = ("memory_allocated", "max_memory_allocated", "memory_reserved", "max_memory_reserved")
    resets = ("reset_peak_memory_stats", "reset_accumulated_memory_stats", "reset_max_memory_allocated")
    return {
        "mem_get_info": gpu.told(lambda device=None: (int(FREE_SHARE * total), total)),
        "empty_cache": lambda: None,
        "memory_stats": lambda device=None: {},
        **dict.fromkeys(counts, lambda device=None: 0),
        **dict.fromkeys(resets, lambda device=None: None),
    }


def _of_accelerator(stream: Stream) -> dict[str, Any]:
    """Return the functions of `torch.accelerator` to replace."""
    return {
        "is_available": lambda: True,
        "current_accelerator": lambda check_available=False: torch.device("cuda"),
        "device_count": lambda: 1,
        "current_device_index": lambda: 0,
        "current_device_idx": lambda: 0,
        "set_device_index": lambda device: None,
        "set_device_idx": lambda device: None,
        "device_index": _nothing,
        "current_stream": lambda device=None: stream,
        "set_stream": lambda stream: None,
        "synchronize": lambda device=None: None,
        "empty_cache": lambda: None,
        "memory_allocated": lambda device=None: 0,
        "max_memory_allocated": lambda device=None: 0,
        "reset_peak_memory_stats": lambda device=None: None,
    }


def _of_nvtx() -> dict[str, Callable[..., Any]]:
    """Return the functions of `torch.cuda.nvtx`, which mark ranges for a profiler."""
    return {
        "range": _nothing,
        "range_push": lambda text: 0,
        "range_pop": lambda: 0,
        "range_start": lambda text: 0,
        "range_end": lambda number: None,
        "mark": lambda text: None,
    }


@contextlib.contextmanager
def _nothing(*args: Any, **kwargs: Any) -> Iterator[None]:
    yield
