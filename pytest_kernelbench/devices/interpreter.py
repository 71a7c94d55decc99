"""Instruments for Triton's interpreter: check, count or skip launches, reorder programs, poison masked lanes."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable
from typing import Any

from pytest_kernelbench.devices import cuda_graphs, extras, launches, memory, promises, specialised_ones, waiting
from pytest_kernelbench.devices.driver import Handle
from pytest_kernelbench.devices.instruments import LAUNCH_EVENT, Instruments, patch_autotuner
from pytest_kernelbench.devices.jit_functions import completed
from pytest_kernelbench.devices.lines import RanLines
from pytest_kernelbench.devices.missing import Missing
from pytest_kernelbench.devices.stood_for import StoodFor


def install(instruments: Instruments, gpu: StoodFor, lines: RanLines) -> None:
    """Patch Triton's interpreter and autotuner until this process ends; launches must be possible on `gpu`."""
    from triton.runtime import interpreter

    memory.install(instruments)  # first: launches that are left out are not watched
    promises.install(instruments)
    _patch_launches(interpreter, instruments, gpu, lines)
    _patch_handles(interpreter, gpu)
    _patch_language_once(interpreter)
    _patch_memory(interpreter, instruments)
    specialised_ones.install(interpreter)
    waiting.install(interpreter)
    extras.install(interpreter, instruments, gpu)
    patch_autotuner(instruments)
    # Triton computes all integers a second time to assert that they do not overflow, and leaves the assertion out.
    interpreter.interpreter_builder.options = interpreter.InterpreterOptions(sanitize_overflow=False)


def _patch_launches(interpreter: Any, instruments: Instruments, gpu: StoodFor, lines: RanLines) -> None:
    """Check, count, record, skip or fail launches, and choose the order of programs."""
    import torch

    launch = interpreter.GridExecutor.__call__
    builder = interpreter.interpreter_builder
    set_dim, set_index = builder.set_grid_dim, builder.set_grid_idx
    order: dict[tuple[int, int, int], tuple[int, int, int]] = {}  # which program runs in place of another

    limits = launches.LaunchLimits.of(gpu.target.backend, gpu.target.warp, gpu.target.threads)

    def counted(self: Any, *args: Any, **kwargs: Any) -> Any:
        def again(size: Any, arguments: Any, **named: Any) -> Any:
            return type(self)(self.fn, self.arg_names, size)(*arguments, **named)

        name = getattr(self.fn, "__name__", "?")
        handle = Handle(name, gpu, kwargs, again)
        if instruments.conditions.skip_launches:
            return handle
        if instruments.conditions.fail_launches:
            raise RuntimeError("launches fail in this call")
        grid = launches.grid_of(self.grid, self.fn, args, kwargs)
        launches.check(name, grid, kwargs.get("num_warps", launches.DEFAULT_WARPS), limits)
        if instruments.recorded is not None:
            instruments.recorded.append((name, grid))
        elif not cuda_graphs.captured(lambda: again(grid, args, **kwargs)):
            made(self, grid, args, kwargs)
        return handle

    def made(executor: Any, grid: launches.Grid, args: Any, kwargs: Any) -> None:
        sys.audit(LAUNCH_EVENT, getattr(getattr(executor.fn, "__code__", None), "co_filename", ""))
        instruments.warps = kwargs.get("num_warps", launches.DEFAULT_WARPS)
        executor.grid = grid
        if launches.empty(grid):
            instruments.counts.empty_grids += 1
            executor.grid = (0, 1, 1)
        with torch._C.DisableTorchFunction(), lines.paused(), instruments.watching(args, kwargs):
            launch(executor, *args, **kwargs)
        # Only launches that work count, not those after whose failure a kernel falls back to torch.
        instruments.counts.launches += 1

    def plan(*grid: int) -> None:
        set_dim(*grid)
        counts = instruments.counts
        counts.programs = max(counts.programs, grid[0] * grid[1] * grid[2])
        order.clear()
        if instruments.conditions.order != "forward":
            programs = [(x, y, z) for x in range(grid[0]) for y in range(grid[1]) for z in range(grid[2])]
            order.update(zip(programs, _reordered(programs, instruments.conditions.order), strict=True))

    def step(x: int, y: int, z: int) -> None:
        set_index(*order.get((x, y, z), (x, y, z)))

    interpreter.GridExecutor.__call__ = counted
    builder.set_grid_dim, builder.set_grid_idx = plan, step


def _patch_handles(interpreter: Any, gpu: StoodFor) -> None:
    """Return handles from launches and `warmup`, and refuse what is not written in the language that is interpreted."""
    from triton.runtime.jit import JITFunction

    real = interpreter.InterpretedFunction.run

    def run(self: Any, *args: Any, grid: Any, warmup: bool, **kwargs: Any) -> Any:
        if not warmup:
            real(self, *args, grid=grid, warmup=False, **kwargs)
        options = {name: value for name, value in kwargs.items() if name not in self.arg_names}

        def launch(grid: Any, arguments: Any) -> None:
            self.run(grid=grid, warmup=False, **completed(self, arguments, args, kwargs), **options)

        return Handle(self.__name__, gpu, options, launch)

    def compiled(self: Any, *args: Any, **kwargs: Any) -> Any:
        # With the interpreter, only Gluon makes functions of this class.
        raise Missing(f"{self.fn.__name__}, a kernel in Gluon,")

    interpreter.InterpretedFunction.run = run
    JITFunction.run = compiled


def _patch_language_once(interpreter: Any) -> None:
    """Keep device functions from patching the language at each call, which takes half of the interpreter's time."""
    import triton.language as tl

    patch, launch = interpreter._patch_lang, interpreter.GridExecutor.__call__
    patched: set[tuple[bool, bool]] = set()
    known: set[int] = set()  # ids of the namespaces of functions that were called in this launch

    def once(function: Any) -> Any:
        if id(function.__globals__) in known:
            return None
        known.add(id(function.__globals__))
        # What the interpreter patches depends only on which of these two modules the function can see.
        values = [value for value in function.__globals__.values() if value is tl or value is tl.core]
        visible = (tl in values, tl.core in values)
        if visible in patched:
            return None
        patched.add(visible)
        return patch(function)

    def fresh(self: Any, *args: Any, **kwargs: Any) -> Any:
        patched.clear()
        known.clear()
        return launch(self, *args, **kwargs)

    interpreter._patch_lang, interpreter.GridExecutor.__call__ = once, fresh


def _reordered(programs: list[Any], order: str) -> list[Any]:
    if order == "reverse":
        return programs[::-1]
    shuffled = programs[:]
    random.Random(len(programs)).shuffle(shuffled)
    return shuffled


def _patch_memory(interpreter: Any, instruments: Instruments) -> None:
    """Count loaded and stored elements, and poison masked lanes."""
    import numpy as np

    semantic, builder = type(interpreter.interpreter_semantic), type(interpreter.interpreter_builder)
    loaded, load, store = semantic.load, builder.create_load, builder.create_store
    masked_load, masked_store = builder.create_masked_load, builder.create_masked_store

    has_other = [False]

    def told_load(self: Any, ptr: Any, mask: Any, other: Any, *rest: Any, **named: Any) -> Any:
        # An `other` of one zero is false in the interpreter, and does not reach the builder.
        has_other[0] = other is not None
        try:
            return loaded(self, ptr, mask, other, *rest, **named)
        finally:
            has_other[0] = False

    # How hints about caches are given differs between versions of Triton, also between callers in one of them.
    def poisoned_load(self: Any, ptrs: Any, mask: Any, other: Any, *rest: Any, **named: Any) -> Any:
        instruments.counts.touched += int(mask.data.sum())
        instruments.access(ptrs.data, mask.data)
        if other is None and not has_other[0]:
            instruments.counts.bare_loads = True
            if instruments.conditions.poison_masked_lanes:
                other = _lane_poison(interpreter, ptrs)
        return masked_load(self, ptrs, mask, other, *rest, **named)

    def counted_store(self: Any, ptrs: Any, value: Any, mask: Any, *rest: Any, **named: Any) -> Any:
        instruments.counts.touched += int(mask.data.sum())
        instruments.access(ptrs.data, mask.data)
        return masked_store(self, ptrs, value, mask, *rest, **named)

    def unmasked(function: Callable[..., Any]) -> Callable[..., Any]:
        def counted(self: Any, ptrs: Any, *rest: Any, **named: Any) -> Any:
            # In some versions of Triton unmasked accesses call the masked ones, which have counted them then.
            before = instruments.counts.touched
            result = function(self, ptrs, *rest, **named)
            if instruments.counts.touched == before:
                instruments.counts.touched += int(np.size(ptrs.data))
                instruments.access(ptrs.data)
            return result

        return counted

    semantic.load = told_load
    builder.create_masked_load, builder.create_masked_store = poisoned_load, counted_store
    builder.create_load, builder.create_store = unmasked(load), unmasked(store)


def _lane_poison(interpreter: Any, ptrs: Any) -> Any:
    """Return the contents of masked lanes: NaN, or 1 for integers."""
    import numpy as np
    import triton.language as tl

    element = ptrs.get_element_ty()
    numpy_type = interpreter._get_np_dtype(element)
    if element == tl.bfloat16:
        data = np.full_like(ptrs.data, 0x7FC0, dtype=numpy_type)
    elif np.issubdtype(numpy_type, np.floating):
        data = np.full_like(ptrs.data, np.nan, dtype=numpy_type)
    else:
        data = np.full_like(ptrs.data, 1, dtype=numpy_type)
    return interpreter.TensorHandle(data, element)
