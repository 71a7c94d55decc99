"""Lower bounds on the work of a case: floating-point operations and moved bytes, counted from shapes alone."""

from __future__ import annotations

import warnings
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, NamedTuple

from pytest_kernelbench.judge.comparison.evidence import OracleError, signature, tensors_in
from pytest_kernelbench.model.case import Case, Tensor, leaves, parse_fill
from pytest_kernelbench.model.task import Task
from pytest_kernelbench.wire.calling_conventions import invoke
from pytest_kernelbench.wire.materialize import geometry, torch_dtype, values_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import torch

    from pytest_kernelbench.judge.speed.least_work import Watch

FEWER_IN_CONVOLUTIONS = 4
"""How many times fewer multiplications a convolution can take: Winograd's F(4x4, 3x3) does."""

FEWER_IN_PRODUCTS = 8 / 7
"""How many times fewer a matrix product can take: one step of Strassen's algorithm does."""


class FlopsAndBytes(NamedTuple):
    """The work of a case."""

    flops: int
    """Multiplications and additions of matrix products and convolutions; other arithmetic is faster than memory."""
    moved_bytes: int
    """Bytes that any implementation must move: what it reads of its inputs and what it writes, each byte once."""
    least_flops: int
    """What no implementation can do without: of symmetric or triangular products one half, and less by fast methods."""


def flops_and_bytes(task: Task, case: Case) -> FlopsAndBytes:
    """Return the work of a case: the task's own `flops_and_bytes`, or a count from the reference on fake tensors.

    What a call writes is seen, not taken from `task.mutates`: `relu(x)` writes its result, `relu(x, inplace=True)` its
    argument. Raises `OracleError` where the reference needs the values of its inputs: such a task needs a
    `flops_and_bytes`.
    """
    from torch.utils.flop_counter import FlopCounterMode

    from pytest_kernelbench.judge.speed.least_work import HALF_MATRICES, Watch

    if task.flops_and_bytes is not None:
        flops, moved = task.flops_and_bytes(case)
        return FlopsAndBytes(flops, moved, int(flops / FEWER_IN_PRODUCTS))
    recipes = dict(leaves(case))
    made: dict[str, torch.Tensor] = {}
    counter: Any = FlopCounterMode(display=False, custom_mapping=_fused_attention())
    with _fake_tensors(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        values = values_of(case, lambda path, recipe: made.setdefault(path, _empty(recipe)))
        half = {path for path, recipe in recipes.items() if parse_fill(recipe.fill)[0] in HALF_MATRICES}
        sizes = {path: recipe.nbytes // (1 + (path in half)) for path, recipe in recipes.items()}
        watch = Watch([(made[path], sizes[path]) for path in made], [made[path] for path in half])
        try:
            with counter, watch.active():
                result = invoke(task.calling_convention, task.reference, signature(task), values)
        except Exception as error:
            raise OracleError(f"no work can be counted for {case}: {type(error).__name__}: {error}") from error
        updated = [tensor for path, tensor in made.items() if path.partition("[")[0] in task.mutates]
        moved = watch.read + watch.written(updated)
        moved += _results(tensors_in(result), watch, updated, aliases=task.contract.alias)
    total = counter.get_total_flops()
    convolved = sum(count for name, count in _by_operation(counter).items() if "conv" in name)
    least = (total - convolved - watch.halved_flops) / FEWER_IN_PRODUCTS + convolved / FEWER_IN_CONVOLUTIONS
    return FlopsAndBytes(total, moved, int(max(0, least)))


def _fake_tensors() -> AbstractContextManager[Any]:
    """Return a context in which tensors have no contents, and in which torch does not ask CUDA for a GPU."""
    from torch._subclasses.fake_tensor import FakeTensorMode

    class Fake(FakeTensorMode):  # type: ignore[no-untyped-call]
        """Fake tensors of a process that never uses CUDA: to ask whether it is available initialises it."""

        @property
        def avoid_device_init(self) -> bool:
            return False

    return Fake()


def _empty(recipe: Tensor) -> torch.Tensor:
    import torch

    elements, strides, offset = geometry(recipe)
    return torch.empty(elements, dtype=torch_dtype(recipe.dtype)).as_strided(recipe.shape, strides, offset)


def _results(results: Sequence[torch.Tensor], watch: Watch, updated: Sequence[torch.Tensor], *, aliases: bool) -> int:
    """Return the bytes of the results that are no updated arguments.

    A result that is an argument takes a copy of it, unless the task allows it to share that memory.
    """
    from pytest_kernelbench.judge.speed.least_work import extent

    known = {each.untyped_storage()._cdata for each in updated if watch.was_written(each)}
    new = {each.untyped_storage()._cdata: extent(each) for each in results if not (aliases and watch.knows(each))}
    return sum(size for memory, size in new.items() if memory not in known)


def _by_operation(counter: Any) -> Mapping[str, int]:
    counts = counter.get_flop_counts().get("Global", {})
    return {str(operation): count for operation, count in counts.items()}


def _fused_attention() -> dict[Any, Any]:
    """Return a count of the products of fused attention on a CPU, which torch does not count."""
    import torch
    from torch.utils.flop_counter import sdpa_flop_count

    def count(
        query: Any, key: Any, value: Any, dropout_p: float = 0.0, is_causal: bool = False, *rest: Any, **named: Any
    ) -> int:
        flops = int(sdpa_flop_count(query, key, value))  # type: ignore[no-untyped-call]
        return flops // 2 if is_causal else flops

    return {torch.ops.aten._scaled_dot_product_flash_attention_for_cpu: count}
