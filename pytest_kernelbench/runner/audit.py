"""Count the elements that a kernel's host code touches: in ATen operations, and where it reads them itself."""

from __future__ import annotations

from typing import Any

import torch
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from pytest_kernelbench.devices.instruments import Instruments

FREE = frozenset(
    "empty empty_like empty_strided empty_permuted new_empty new_empty_strided zeros zeros_like new_zeros ones "  # noqa: SIM905
    "ones_like new_ones full full_like new_full fill_ zero_ detach alias lift_fresh view "
    "_unsafe_view reshape _reshape_alias expand permute t transpose as_strided slice select unsqueeze squeeze split "
    "unsqueeze_ squeeze_ t_ transpose_ as_strided_ "
    "unbind view_as_real view_as_complex _local_scalar_dense item is_same_size resize_ set_ arange "
    "scalar_tensor".split()
)
"""ATen operations that are not counted: those that allocate, view or fill, as all host code does."""

COPYING = frozenset(("clone", "copy_", "_to_copy", "constant_pad_nd"))
"""ATen operations that copy, cast or pad; they are not counted where that is not what the task is about."""

READS = frozenset(("numpy", "tolist", "item", "__array__", "__float__", "__int__", "__bool__", "__complex__"))
"""Methods of tensors with which the host reads elements; `item` and conversions to numbers read one."""

MAX_SINGLE = 16
"""Elements that the host reads one by one and that do not count, such as a scale."""

RETURNS = ("tensor", "as_tensor", "asarray", "frombuffer", "from_numpy")
"""Functions of torch with which the host makes tensors from elements of its own."""


class Audit(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """While active, counts the elements that operations other than free ones read and write."""

    def __init__(self, instruments: Instruments, count_copies: bool = False) -> None:
        """With `count_copies`, operations that copy or cast count as well."""
        super().__init__()  # type: ignore[no-untyped-call]
        self.instruments = instruments
        self.free = FREE if count_copies else FREE | COPYING

    def add(self, name: str, elements: int) -> None:
        """Count elements that an operation touches."""
        self.instruments.counts.computed += elements
        self.instruments.operations[name] = self.instruments.operations.get(name, 0) + elements


def _count(self: Audit, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
    named = kwargs or {}
    if func.namespace != "aten":
        # An operator of the kernel's own is what it calls: launches, and operations that count one by one.
        with self:
            return func.redispatch(_backend(args, named), *args, **named)
    result = func(*args, **named)
    name = func.overloadpacket.__name__
    if name not in self.free and not self.instruments.launching:
        self.add(name, _elements((args, named, result)))
    return result


# Not defined as a method: the base class would wrap it with torch._dynamo, which imports 800 modules in every runner.
setattr(Audit, "__torch_dispatch__", _count)  # noqa: B010


def _backend(args: Any, kwargs: Any) -> Any:
    """Return the dispatch keys of the device that the tensors are on."""
    on_gpu = any(leaf.is_cuda for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, torch.Tensor))
    return torch._C.DispatchKeySet(torch._C.DispatchKey.CUDA if on_gpu else torch._C.DispatchKey.CPU)


def _elements(values: Any) -> int:
    return sum(leaf.numel() for leaf in tree_leaves(values) if isinstance(leaf, torch.Tensor))


class HostReads(TorchFunctionMode):
    """While active, counts the elements that leave tensors for numpy or Python, and those that come back."""

    def __init__(self, instruments: Instruments) -> None:
        super().__init__()
        self.instruments = instruments
        self.single = 0

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        name = getattr(func, "__name__", "")
        if name in READS and func is getattr(torch.Tensor, name, None):
            self._add(name, _elements(args))
        elif name in RETURNS and func is getattr(torch, name, None):
            self._add(name, _elements(result))
        return result

    def _add(self, name: str, elements: int) -> None:
        """Count elements; reading a few one by one is what all host code does."""
        self.single += elements == 1
        if elements > 1 or self.single > MAX_SINGLE:
            self.instruments.counts.computed += elements
            self.instruments.operations[name] = self.instruments.operations.get(name, 0) + elements
