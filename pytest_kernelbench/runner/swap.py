"""Contents that only launches see: whoever computes outside of launches computes from other contents.

Before each launch, the arguments get the contents of another case of the same shapes, and after it they get theirs
back, unless the launch has written to them. A kernel whose launches compute is right for the contents that launches
see. A file that computes with PyTorch, numpy, Python or threads, at any time, is right for the other contents.

Host code may copy, cast or pad arguments for its launches. `CopyTape` records such copies, and before each launch they
are made again from the contents that launches see.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from pytest_kernelbench.devices.cuda import capturing
from pytest_kernelbench.devices.instruments import Instruments
from pytest_kernelbench.model.case import Case
from pytest_kernelbench.runner.unwatched import alike, contents, synchronise, unwatched
from pytest_kernelbench.wire.materialize import Arguments, contents_of

COPIES = frozenset(
    "clone copy_ _to_copy constant_pad_nd cat stack repeat flip roll index_select index gather tril triu "  # noqa: SIM905
    "view_as_real_copy permute_copy transpose_copy expand_copy repeat_interleave".split()
)
"""ATen operations that copy, cast, pad or rearrange, as host code does to prepare what a launch gets."""


class _Hidden:
    """Memory that has other contents in launches than outside."""

    def __init__(self, memory: torch.Tensor, inside: torch.Tensor) -> None:
        self.memory = memory
        self.inside = inside
        self.outside: torch.Tensor | None = None

    @property
    def differs(self) -> bool:
        """Whether the contents inside and outside differ."""
        return self.outside is None or not alike(self.inside, self.outside)

    def enter(self) -> None:
        self.outside = contents(self.memory)
        self.memory.copy_(self.inside)

    def leave(self) -> bool:
        """Show the contents outside again; returns false where the launch has written, which is then left."""
        assert self.outside is not None
        untouched = alike(contents(self.memory), self.inside)
        if untouched:
            self.memory.copy_(self.outside)
        return untouched


class Swap:
    """Watches the launches of a call, and shows them the contents of another case."""

    def __init__(self, instruments: Instruments, arguments: Arguments, case: Case, tape: CopyTape | None) -> None:
        self.instruments = instruments
        self.tape = tape
        self._arguments = [
            _Hidden(guarded.memory, new)
            for guarded, new in zip(arguments.tensors, contents_of(arguments, case), strict=True)
            if not alike(guarded.memory, new)
        ]
        self._copies: list[tuple[Any, _Hidden]] = []
        self._given: Sequence[torch.Tensor] = ()
        self._running = False

    def before(self, tensors: Sequence[torch.Tensor]) -> None:
        self._running = not capturing(tensors)
        if not self._running:
            return
        self._given, self.instruments.addresses = tensors, []
        with unwatched():
            synchronise(self._given)
            for hidden in self._arguments:
                hidden.enter()
            self._copies = self.tape.again() if self.tape is not None else []
            synchronise(self._given)

    def after(self) -> None:
        if not self._running:
            return
        with unwatched():
            synchronise(self._given)
            # A CUDA graph is replayed without being seen: then nothing is known.
            self.instruments.counts.swapped_launches += self._read() and not self.instruments.captured
            for entry, hidden in reversed(self._copies):
                if not hidden.leave() and self.tape is not None:
                    self.tape.forget(entry)
            self._arguments = [hidden for hidden in self._arguments if hidden.leave()]
            synchronise(self._given)

    def _read(self) -> bool:
        """Whether the launch has read memory whose contents only launches see; on a GPU, whether it was given any."""
        import numpy as np

        hidden = [*self._arguments, *(copy for _, copy in self._copies)]
        ranges = [_range(each.memory) for each in hidden if each.differs]
        collected, self.instruments.addresses = self.instruments.addresses, None
        if collected:
            touched = np.concatenate(collected)
            return any(bool(((touched >= start) & (touched < end)).any()) for start, end in ranges)
        return any(start <= tensor.data_ptr() < end for tensor in self._given for start, end in ranges)


def _range(memory: torch.Tensor) -> tuple[int, int]:
    """Return the first address of a tensor and the one behind its last element."""
    last = sum((size - 1) * stride for size, stride in zip(memory.shape, memory.stride(), strict=True))
    start = memory.data_ptr()
    return start, start + (last + 1) * memory.element_size()


class CopyTape(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """While active, records the copies that host code makes, so that they can be made again."""

    def __init__(self, instruments: Instruments) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.instruments = instruments
        self.entries: list[tuple[Any, Any, Any, torch.Tensor]] = []
        """Operation, arguments and result of each copy, in order."""

    def again(self) -> list[tuple[Any, _Hidden]]:
        """Make all copies again, each where its first result is."""
        made = []
        for entry in self.entries:
            func, args, kwargs, result = entry
            # An operation in place reads its own result, so that is the memory to make it in.
            outside = contents(result)
            new = func(*args, **kwargs)
            hidden = _Hidden(result, contents(new))
            hidden.outside = outside
            result.copy_(hidden.inside)
            made.append((entry, hidden))
        return made

    def forget(self, entry: Any) -> None:
        """Leave out a copy from now on: its memory has been written to."""
        self.entries = [each for each in self.entries if each is not entry]

    def record(self, func: Any, args: Any, kwargs: Any, result: Any) -> None:
        """Record a copy, or forget the copies that another operation overwrites."""
        if self.instruments.launching:
            return
        if func.namespace == "aten" and func.overloadpacket.__name__ in COPIES:
            if isinstance(result, torch.Tensor) and result.numel():
                self.entries.append((func, args, kwargs, result))
        elif func._schema.is_mutable:
            written = {leaf.untyped_storage().data_ptr() for leaf in _written(func, args, kwargs)}
            self.entries = [each for each in self.entries if each[3].untyped_storage().data_ptr() not in written]


def _written(func: Any, args: Any, kwargs: Any) -> list[torch.Tensor]:
    """Return the tensor arguments that an operation writes to."""
    given = {parameter.name: value for parameter, value in zip(func._schema.arguments, args, strict=False)} | kwargs
    marked = [each.name for each in func._schema.arguments if each.alias_info is not None and each.alias_info.is_write]
    leaves = tree_leaves([given.get(name) for name in marked])
    return [leaf for leaf in leaves if isinstance(leaf, torch.Tensor)]


def _dispatch(self: CopyTape, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
    result = func(*args, **(kwargs or {}))
    self.record(func, args, kwargs or {}, result)
    return result


# Not defined as a method: the base class would wrap it with torch._dynamo, which imports 800 modules in every runner.
setattr(CopyTape, "__torch_dispatch__", _dispatch)  # noqa: B010
