"""Instruments on Triton's interpreter: count or drop launches, shuffle programs, poison lanes."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable
from typing import Any

from pytest_kernelbench.devices.instruments import Instruments, patch_autotuner


def install(instruments: Instruments) -> None:
    """Patch Triton's interpreter and autotuner, for the rest of this process."""
    from triton.runtime import interpreter

    _patch_launches(interpreter, instruments)
    _patch_language_once(interpreter)
    _patch_memory(interpreter, instruments)
    patch_autotuner(instruments)


def _patch_launches(interpreter: Any, instruments: Instruments) -> None:
    import torch

    launch = interpreter.GridExecutor.__call__
    builder = interpreter.interpreter_builder
    set_dim, set_index = builder.set_grid_dim, builder.set_grid_idx
    order: dict[tuple[int, int, int], tuple[int, int, int]] = {}

    def counted(self: Any, *args: Any, **kwargs: Any) -> Any:
        if instruments.variant.ghost:
            return None
        if instruments.variant.refuse:
            raise RuntimeError("the launch was refused")
        sys.audit("kernelbench.launch", getattr(getattr(self.fn, "__code__", None), "co_filename", ""))
        with torch._C.DisableTorchFunction():
            result = launch(self, *args, **kwargs)
        # Counted when it has worked: what falls back on torch after a launch that raised has launched nothing.
        instruments.counts.launches += 1
        return result

    def plan(*grid: int) -> None:
        set_dim(*grid)
        counts = instruments.counts
        counts.programs = max(counts.programs, grid[0] * grid[1] * grid[2])
        order.clear()
        if instruments.variant.order != "forward":
            programs = [(x, y, z) for x in range(grid[0]) for y in range(grid[1]) for z in range(grid[2])]
            order.update(zip(programs, _reordered(programs, instruments.variant.order), strict=True))

    def step(x: int, y: int, z: int) -> None:
        set_index(*order.get((x, y, z), (x, y, z)))

    interpreter.GridExecutor.__call__ = counted
    builder.set_grid_dim, builder.set_grid_idx = plan, step


def _patch_language_once(interpreter: Any) -> None:
    """Keep device functions from patching the language again at each call: half of the interpreter's time."""
    import triton.language as tl

    patch, launch = interpreter._patch_lang, interpreter.GridExecutor.__call__
    patched: set[tuple[bool, bool]] = set()

    def once(function: Any) -> Any:
        # What is patched depends on which of these two modules the function can see, and on nothing else.
        values = [value for value in function.__globals__.values() if value is tl or value is tl.core]
        seen = (tl in values, tl.core in values)
        if seen in patched:
            return None
        patched.add(seen)
        return patch(function)

    def fresh(self: Any, *args: Any, **kwargs: Any) -> Any:
        patched.clear()
        return launch(self, *args, **kwargs)

    interpreter._patch_lang, interpreter.GridExecutor.__call__ = once, fresh


def _reordered(programs: list[Any], order: str) -> list[Any]:
    if order == "reverse":
        return programs[::-1]
    shuffled = programs[:]
    random.Random(len(programs)).shuffle(shuffled)
    return shuffled


def _patch_memory(interpreter: Any, instruments: Instruments) -> None:
    import numpy as np

    builder = type(interpreter.interpreter_builder)
    load, store = builder.create_load, builder.create_store
    masked_load, masked_store = builder.create_masked_load, builder.create_masked_store

    def poisoned_load(self: Any, ptrs: Any, mask: Any, other: Any, *rest: Any) -> Any:
        instruments.counts.touched += int(mask.data.sum())
        if other is None:
            instruments.counts.bare_loads = True
            if instruments.variant.lanes:
                other = _lane_poison(interpreter, ptrs)
        return masked_load(self, ptrs, mask, other, *rest)

    def counted_store(self: Any, ptrs: Any, value: Any, mask: Any, *rest: Any) -> Any:
        instruments.counts.touched += int(mask.data.sum())
        return masked_store(self, ptrs, value, mask, *rest)

    def whole(function: Callable[..., Any]) -> Callable[..., Any]:
        def counted(self: Any, ptrs: Any, *rest: Any) -> Any:
            # Unmasked accesses go through the masked ones in some versions of Triton: count them there only.
            before = instruments.counts.touched
            result = function(self, ptrs, *rest)
            if instruments.counts.touched == before:
                instruments.counts.touched += int(np.size(ptrs.data))
            return result

        return counted

    builder.create_masked_load, builder.create_masked_store = poisoned_load, counted_store
    builder.create_load, builder.create_store = whole(load), whole(store)


def _lane_poison(interpreter: Any, ptrs: Any) -> Any:
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
