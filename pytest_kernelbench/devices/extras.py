"""Parts of Triton's language that its interpreter lacks: what is asked of the GPU itself, and `tl.map_elementwise`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from pytest_kernelbench.devices.instruments import Instruments
from pytest_kernelbench.devices.stood_for import StoodFor

NANOSECONDS = 1000
"""Nanoseconds that pass between two looks at the GPU's timer."""


def install(interpreter: Any, instruments: Instruments, gpu: StoodFor) -> None:
    """Replace functions of the language until this process ends, before a kernel is imported."""
    import triton.language as tl
    from triton.language.extra import cuda

    questions = _questions(interpreter, instruments, gpu)
    for module in (cuda, *(getattr(cuda, name) for name in ("utils", "gdc") if hasattr(cuda, name))):
        for name, function in questions.items():
            if hasattr(module, name):
                setattr(module, name, function)
    if hasattr(tl, "map_elementwise"):
        mapped = tl.core.builtin(_map_elementwise(interpreter))
        tl.map_elementwise = tl.core.map_elementwise = mapped


def _questions(interpreter: Any, instruments: Instruments, gpu: StoodFor) -> Mapping[str, Callable[..., Any]]:
    """Return the functions of `triton.language.extra.cuda` that concern a program's place on the GPU."""
    import numpy as np
    import triton.language as tl

    time = [0]

    def scalar(value: int, dtype: Any, numpy_type: Any) -> Any:
        return tl.tensor(interpreter.TensorHandle(np.array([value], dtype=numpy_type), dtype), dtype)

    def globaltimer(_semantic: Any = None) -> Any:
        time[0] += NANOSECONDS
        return scalar(time[0], tl.int64, np.int64)

    def smid(_semantic: Any = None) -> Any:
        x, y, z = interpreter.interpreter_builder.grid_idx
        _, rows, planes = interpreter.interpreter_builder.grid_dim
        return scalar(int((x * rows + y) * planes + z) % gpu.multiprocessors, tl.int32, np.int32)

    return {
        "globaltimer": globaltimer,
        "smid": smid,
        "num_warps": lambda _semantic=None: tl.constexpr(instruments.warps),
        "num_threads": lambda _semantic=None: tl.constexpr(instruments.warps * gpu.target.warp),
        # Launches run one after another, so whatever a launch depends on has ended.
        "gdc_wait": lambda _semantic=None: None,
        "gdc_launch_dependents": lambda _semantic=None: None,
    }


def _map_elementwise(interpreter: Any) -> Callable[..., Any]:
    """Return `tl.map_elementwise`, which calls a scalar function on each element, or on `pack` of them at a time."""
    import numpy as np
    import triton.language as tl

    def tensor(data: Any, kind: Any, dtype: Any) -> Any:
        return tl.tensor(interpreter.TensorHandle(data, dtype), kind)

    def called(function: Any, blocks: Sequence[Any], size: int) -> Iterator[Any]:
        """Yield the result of each call; its arguments are elements of the first block, then those of the second."""
        flat = [(block.handle.data.reshape(-1), block.dtype) for block in blocks]
        for start in range(0, flat[0][0].size, size):
            steps = range(start, start + size)
            yield function(*(tensor(data[[step]], dtype, dtype) for data, dtype in flat for step in steps))
            # The first call has patched the language for this function, which takes longer than most of them.
            function = function.rewrite() if hasattr(function, "rewrite") else function

    def map_elementwise(
        scalar_fn: Any, *args: Any, pack: Any = 1, _semantic: Any = None, _generator: Any = None
    ) -> Any:
        size = int(getattr(pack, "value", pack))
        blocks = _broadcast(
            _semantic, [arg if isinstance(arg, tl.tensor) else _semantic.to_tensor(arg) for arg in args]
        )
        found = list(called(scalar_fn, blocks, size))
        single = isinstance(found[0], tl.tensor)
        rows = [[each] if single else list(each) for each in found]
        shape = [int(each) for each in blocks[0].shape]
        made = []
        for index in range(0, len(rows[0]), size):
            dtype = rows[0][index].dtype
            data = np.array([row[index + step].handle.data.reshape(-1)[0] for row in rows for step in range(size)])
            made.append(tensor(data.reshape(shape), tl.block_type(dtype, shape) if shape else dtype, dtype))
        return made[0] if single else tl.tuple(made)

    return map_elementwise


def _broadcast(semantic: Any, blocks: Sequence[Any]) -> list[Any]:
    """Return the blocks in the shape that all of them have together."""
    widest = blocks[0]
    for block in blocks[1:]:
        widest, _ = semantic.broadcast_impl_value(widest, block)
    return [semantic.broadcast_impl_value(block, widest)[0] for block in blocks]
