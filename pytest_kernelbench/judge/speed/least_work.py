"""Watch a reference on fake tensors: which bytes of its inputs it reads and writes, and which products could be halved.

Everything here errs on the side of less: what is counted, no implementation can do without.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from pytest_kernelbench.judge.comparison.evidence import tensors_in

if TYPE_CHECKING:
    import torch

HALF_MATRICES = ("lower", "upper", "symmetric", "hermitian", "positive_definite")
"""Fills of matrices of which one triangle says everything."""

OVERWRITING = ("copy_", "fill_", "zero_", "index_fill_", "random_", "uniform_", "normal_", "bernoulli_")
"""Operations that write into an argument without reading it."""

NORMALISATION = "native_batch_norm"
"""Writes its arguments 3 and 4 if argument 5 is true, which its schema does not say."""

PRODUCTS = ("mm", "bmm", "addmm", "baddbmm")
"""Operations on two matrices, which are their last two tensors."""

View = tuple[Any, ...]
"""Offset, shape and strides of a view."""


class Watch:
    """Counts the bytes of some tensors that operations read and write."""

    def __init__(self, inputs: Iterable[tuple[torch.Tensor, int]], triangular: Iterable[torch.Tensor] = ()) -> None:
        """`inputs` are tensors with their bytes in use, `triangular` those of which a product needs only one half."""
        self.halved_flops = 0
        """Floating-point operations of products that a symmetry or a triangle makes unnecessary."""
        self._bytes = {_memory(tensor): size for tensor, size in inputs}
        self._read: dict[int, dict[View, float]] = {}
        self._written: dict[int, dict[View, float]] = {}
        self._triangular = {_memory(tensor) for tensor in triangular}

    @property
    def read(self) -> int:
        """Bytes of the inputs that were read, each once."""
        return self._sum(self._read)

    def written(self, tensors: Iterable[torch.Tensor]) -> int:
        """Return the bytes that were written of some of the inputs, each once."""
        memories = {_memory(tensor) for tensor in tensors}
        return self._sum({memory: views for memory, views in self._written.items() if memory in memories})

    def knows(self, tensor: torch.Tensor) -> bool:
        """Whether a tensor lies in the memory of an input."""
        return _memory(tensor) in self._bytes

    def was_written(self, tensor: torch.Tensor) -> bool:
        """Whether the memory of a tensor is that of an input that was written."""
        return _memory(tensor) in self._written

    def active(self) -> AbstractContextManager[Any]:
        """Return a context in which all operations are counted."""
        from torch.utils._python_dispatch import TorchDispatchMode

        note = self._note

        class Active(TorchDispatchMode):  # type: ignore[no-untyped-call]
            """Passes each operation to the watch."""

            def __torch_dispatch__(
                self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
            ) -> Any:
                result = func(*args, **(kwargs or {}))
                # Attributes such as the device of a fake tensor are asked by operations of their own.
                if func.namespace == "aten" and not func.is_view:
                    note(func, args, kwargs or {}, result)
                return result

        return Active()  # type: ignore[no-untyped-call]

    def _note(self, func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any], result: Any) -> None:
        name = func.overloadpacket.__name__
        parameters = func._schema.arguments
        given = [*zip(parameters, args, strict=False)]
        given += [(each, kwargs[each.name]) for each in parameters if each.name in kwargs]
        for position, (parameter, value) in enumerate(given):
            writes = parameter.alias_info is not None and parameter.alias_info.is_write
            for tensor in tensors_in(value):
                part = _parts(name, args, result, tensor) if position == 0 else None
                if writes or (name == NORMALISATION and args[5] and position in (3, 4)):
                    self._add(self._written, tensor, part)
                if not writes or not (parameter.is_out or name in OVERWRITING):
                    self._add(self._read, tensor, part)
        tensors = tensors_in(args)
        if name in ("tril", "triu"):
            self._triangular.add(_memory(result))
        if name in PRODUCTS and len(tensors) >= 2:
            left, right = tensors[-2:]
            if _memory(left) == _memory(right) or {_memory(left), _memory(right)} & self._triangular:
                self.halved_flops += left.numel() * right.shape[-1]

    def _add(self, kind: dict[int, dict[View, float]], tensor: torch.Tensor, part: float | None) -> None:
        memory = _memory(tensor)
        if memory in self._bytes:
            view = (tensor.storage_offset(), tuple(tensor.shape), tensor.stride())
            views = kind.setdefault(memory, {})
            views[view] = max(views.get(view, 0.0), extent(tensor) if part is None else part)

    def _sum(self, kind: Mapping[int, Mapping[View, float]]) -> int:
        return sum(int(min(self._bytes[memory], sum(views.values()))) for memory, views in kind.items())


def extent(tensor: torch.Tensor) -> int:
    """Return the bytes of the distinct elements of a tensor: a dimension that is expanded counts once."""
    pairs = zip(tensor.shape, tensor.stride(), strict=True)
    count = math.prod(size for size, stride in pairs if stride or not size)
    return int(min(count, tensor.numel()) * tensor.element_size())


def _memory(tensor: torch.Tensor) -> int:
    return int(tensor.untyped_storage()._cdata)


def _parts(name: str, args: tuple[Any, ...], result: Any, source: torch.Tensor) -> float | None:
    """Return the bytes of its first tensor that an operation touches; None for all."""
    counted = _PARTS.get(name)
    return None if counted is None else counted(args, result, source)


def distinct(count: int, most: int) -> float:
    """Return how many different numbers below `most` are expected among `count` that are drawn independently."""
    return most * -math.expm1(count * math.log1p(-1 / most)) if most > 1 else float(min(most, count))


def _rows(args: tuple[Any, ...], result: Any, source: torch.Tensor) -> float:
    """`index_select` and `index_fill_`: `(source, dim, index)`."""
    _, dim, index, *_ = args
    size = source.shape[dim]
    return float(source.numel() // max(1, size) * distinct(index.numel(), size) * source.element_size())


def _looked_up(args: tuple[Any, ...], result: Any, source: torch.Tensor) -> float:
    """`embedding`: `(weight, indices)`."""
    width = source.shape[1] * source.element_size()
    return width * distinct(args[1].numel(), source.shape[0])


def _gathered(args: tuple[Any, ...], result: Any, source: torch.Tensor) -> float:
    """`gather`: `(source, dim, index)`, where each line along the dimension has indices of its own."""
    _, dim, index, *_ = args
    if not index.dim():
        return float(source.element_size())
    lines = index.numel() // max(1, index.shape[dim])
    return float(lines * distinct(index.shape[dim], source.shape[dim]) * source.element_size())


def _one_class(args: tuple[Any, ...], result: Any, source: torch.Tensor) -> float:
    """`nll_loss_forward`: `(source, target)`, one element for each target."""
    return float(args[1].numel() * source.element_size())


def _indexed(args: tuple[Any, ...], result: Any, source: torch.Tensor) -> float:
    """`index` with tensors: no more than the result, and perhaps the same element many times."""
    return float(min(result.numel() * result.element_size(), extent(source)) / 2)


def _nothing(args: tuple[Any, ...], result: Any, source: torch.Tensor) -> float:
    """Sampling: where it reads depends on values."""
    return 0.0


def _kept(args: tuple[Any, ...], result: Any, source: torch.Tensor) -> float:
    """`scatter`: `(source, dim, index, ...)`; what is replaced need not be read."""
    return float(max(0, extent(source) - args[2].numel() * source.element_size()))


def _replaced(args: tuple[Any, ...], result: Any, source: torch.Tensor) -> float:
    """`scatter_`: `(target, dim, index, ...)`; an index may come several times."""
    _, dim, index, *_ = args
    lines = index.numel() // max(1, index.shape[dim]) if index.dim() else 1
    return lines * distinct(index.shape[dim] if index.dim() else 1, source.shape[dim]) * source.element_size()


def _triangle(args: tuple[Any, ...], result: Any, source: torch.Tensor) -> float:
    """`tril` and `triu`: half of each matrix, whatever the diagonal."""
    diagonal = args[1] if len(args) > 1 else 0
    return extent(source) / 2 if diagonal == 0 else 0.0


_PARTS: Mapping[str, Callable[[tuple[Any, ...], Any, torch.Tensor], float]] = {
    "index_select": _rows,
    "index_fill_": _rows,
    "embedding": _looked_up,
    "embedding_renorm_": _looked_up,
    "gather": _gathered,
    "nll_loss_forward": _one_class,
    "nll_loss2d_forward": _one_class,
    "index": _indexed,
    "grid_sampler_2d": _nothing,
    "grid_sampler_3d": _nothing,
    "scatter": _kept,
    "scatter_": _replaced,
    "tril": _triangle,
    "triu": _triangle,
}
"""Operations that touch a part of their first tensor: bytes from the arguments, the result and that tensor."""
