"""Count the elements that ATen operations touch which a kernel's host code calls."""

from __future__ import annotations

from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from pytest_kernelbench.devices.instruments import Instruments

FREE = frozenset(
    "empty empty_like empty_strided empty_permuted new_empty new_empty_strided zeros zeros_like new_zeros ones "  # noqa: SIM905
    "ones_like new_ones full full_like new_full fill_ zero_ copy_ clone _to_copy detach alias lift_fresh view "
    "_unsafe_view reshape _reshape_alias expand permute t transpose as_strided slice select unsqueeze squeeze split "
    "unsqueeze_ squeeze_ t_ transpose_ as_strided_ "
    "unbind view_as_real view_as_complex _local_scalar_dense item is_same_size resize_ set_ arange "
    "scalar_tensor".split()
)
"""Operations that are not counted: those that allocate, view, fill, copy or cast, as all host code does."""


class Audit(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """While active, counts the elements that operations other than `FREE` read and write."""

    def __init__(self, instruments: Instruments) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.instruments = instruments


def _count(self: Audit, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
    result = func(*args, **(kwargs or {}))
    name = func.overloadpacket.__name__
    if name not in FREE:
        tensors = (leaf for leaf in tree_leaves((args, kwargs, result)) if isinstance(leaf, torch.Tensor))
        elements = sum(tensor.numel() for tensor in tensors)
        self.instruments.counts.computed += elements
        if func.namespace != "aten":
            name = f"{func.namespace}::{name}"
        self.instruments.operations[name] = self.instruments.operations.get(name, 0) + elements
    return result


# Not defined as a method: the base class would wrap it with torch._dynamo, which imports 800 modules in every runner.
setattr(Audit, "__torch_dispatch__", _count)  # noqa: B010
