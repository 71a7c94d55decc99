"""Tries a reference: which sizes and dtypes it accepts, which bounds its indices have, and what it writes."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable, Mapping
from typing import Any

from pytest_kernelbench.authoring.patterns import Pattern, Sized, Varying, fixed_cases
from pytest_kernelbench.model.case import Case, Tensor, leaves, map_tensors
from pytest_kernelbench.model.errors import TaskError
from pytest_kernelbench.model.task import FLOATS

APART = (5, 7, 11, 13, 3, 17, 19)
"""Sizes of a small case, all of them different, so that an index shows which size it must be below."""


class Works:
    """Whether a reference accepts a case: tried on the meta device where the example itself works there."""

    def __init__(self, reference: Callable[..., Any], example: Case) -> None:
        self.reference = reference
        self.device = "meta"
        if self.error(example) is not None:
            self.device = "cpu"
            if (real := self.error(example)) is not None:
                raise TaskError(f"the reference fails on the example {example}: {real}")

    def __call__(self, case: Case) -> bool:
        return self.error(case) is None

    def error(self, case: Case) -> str | None:
        """Return what the reference raises, or None."""
        import torch

        try:
            with warnings.catch_warnings(), torch.no_grad():
                warnings.simplefilter("ignore")
                self.reference(**values(case, self.device))
        except Exception as error:
            return f"{type(error).__name__}: {error}"
        return None


def values(case: Case, device: str) -> dict[str, Any]:
    """Return the arguments of a case on a device; on the meta device, tensors have no contents."""
    import torch

    from pytest_kernelbench.wire.materialize import materialize, values_of

    if device != "meta":
        return dict(materialize(case).values)
    return values_of(
        case, lambda path, recipe: torch.empty(recipe.shape, dtype=getattr(torch, recipe.dtype), device=device)
    )


def base_of(example: Case) -> str:
    """Return the dtype of an example that may be another one: that of its first floating-point tensor, if any."""
    found = [recipe.dtype for _, recipe in leaves(example)]
    return next((dtype for dtype in found if dtype in (*FLOATS, "float64")), found[0] if found else "float32")


class Indices:
    """Finds the sizes that the values of index tensors must be below, by trying the size itself as an index."""

    def __init__(self, reference: Callable[..., Any], sizes: Mapping[str, Varying]) -> None:
        self.works = OnCpu(reference)
        self.sizes = sizes

    def plain(self, pattern: Pattern) -> Case:
        """Return a small case of a pattern."""
        apart = dict(zip(self.sizes, itertools.cycle(APART), strict=False))
        return fixed_cases(self.sizes, pattern, small=apart)[0]

    def bounded(self, pattern: Pattern) -> Pattern:
        """Return the pattern with a bound for each tensor of indices that has one."""
        for name, sized in pattern.arguments.items():
            if not isinstance(sized, Sized) or not (sized.fill or "").startswith("integers(0,"):
                continue
            for bound in self._candidates(pattern):
                changed = Sized(*sized.dims, dtype=sized.dtype, below=bound)
                tried = Pattern(**{**pattern.arguments, name: changed})
                case = self.plain(tried)
                limit = int(case.arguments[name].fill.partition(", ")[2].rstrip(")"))
                if self._filled(case, name, limit - 1) and not self._filled(case, name, limit):
                    pattern = tried
                    break
        return pattern

    def _candidates(self, pattern: Pattern) -> list[str | int]:
        dims = [dim for each in pattern.tensors() for dim in each.dims]
        return list(dict.fromkeys(dims))

    def _filled(self, case: Case, name: str, value: int) -> bool:
        recipe = case.arguments[name]
        filled = Tensor(recipe.shape, recipe.dtype, f"integers({value}, {value + 1})")
        return self.works(Case(**{**case.arguments, name: filled}))


class OnCpu(Works):
    """Tries a reference with contents, on the CPU."""

    def __init__(self, reference: Callable[..., Any]) -> None:
        self.reference = reference
        self.device = "cpu"


def dtypes_of(reference: Callable[..., Any], plain: Case, pattern: Pattern, example: Case) -> tuple[str, ...]:
    """Return the dtypes that the reference takes, on the CPU."""
    base = base_of(example)
    if base not in (*FLOATS, "float64") or all(each.dtype is not None for each in pattern.tensors()):
        return (base,)
    works = OnCpu(reference)
    free = {path for (path, recipe) in leaves(plain) if recipe.dtype == "float32"}
    taken = []
    for dtype in FLOATS:
        case = map_tensors(
            plain,
            lambda path, each, to=dtype: Tensor(each.shape, to, each.fill) if path in free else each,  # type: ignore[misc]
        )
        if works(case):
            taken.append(dtype)
    return tuple(taken) or (base,)


def written_by(reference: Callable[..., Any], plain: Case) -> tuple[str, ...]:
    """Return the arguments that the reference writes."""
    import torch

    found = values(plain, "cpu")
    before = {name: value.clone() for name, value in found.items() if isinstance(value, torch.Tensor)}
    try:
        with torch.no_grad():
            reference(**found)
    except Exception:
        return ()
    return tuple(name for name, old in before.items() if not torch.equal(old, found[name]) and not old.isnan().any())
