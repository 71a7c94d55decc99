"""What the reference of a problem makes of sizes: found on tensors without contents, as far as torch can do that."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pytest_kernelbench.formats.kernelbench.problem import Namespace, Problem, Sizes
from pytest_kernelbench.formats.kernelbench.recipes import Drawn, draw_inputs
from pytest_kernelbench.wire.modules import constructed

if TYPE_CHECKING:
    import torch

MAX_REAL = 1 << 20
"""Elements of the inputs up to which a reference that needs contents is run on them."""

Shapes = tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the reference makes of some sizes."""

    inputs: tuple[Drawn, ...]
    init_inputs: tuple[Any, ...]
    results: Shapes
    """Shapes of the results."""
    parameters: Shapes
    """Shapes of the parameters and buffers."""

    @property
    def elements(self) -> int:
        """Number of elements of all inputs and results."""
        shapes = [*(each.shape for each in self.inputs if each.shape is not None), *self.results]
        return sum(math.prod(shape) for shape in shapes)

    @property
    def multiplications(self) -> int:
        """Upper bound of the multiplications: each result, or input, with each element of a row of each parameter."""
        widest = max((math.prod(shape[1:]) for shape in self.parameters), default=1)
        return self.elements * max(1, widest)


@dataclass(slots=True)
class Probe:
    """Asks the reference of a problem about sizes, each only once."""

    problem: Problem
    published: Outcome | None = None
    """The outcome of the published sizes, whose form all others must have."""
    _known: dict[tuple[int, ...], Outcome | None] = field(default_factory=dict)

    def sizes(self, changes: Sizes) -> dict[str, int]:
        """Return the published sizes with changes."""
        return {**self.problem.numbers, **changes}

    def outcome(self, changes: Sizes) -> Outcome | None:
        """Return what the reference makes of the published sizes with changes; None where it does not take them.

        Results must have as many dimensions as with the published sizes, and more than one element along a dimension
        that has more than one there.
        """
        sizes = self.sizes(changes)
        key = tuple(sizes.values())
        if key not in self._known:
            self._known[key] = self._asked(sizes)
        return self._known[key]

    def takes(self, changes: Sizes) -> bool:
        """Whether the reference takes the published sizes with changes."""
        return min(changes.values(), default=1) > 0 and self.outcome(changes) is not None

    def _asked(self, sizes: Sizes) -> Outcome | None:
        try:
            found = run(self.problem.run(sizes))
        except Exception:  # whatever it raises, the reference does not take these sizes
            return None
        return found if self.published is None or _alike(self.published, found) else None


def run(namespace: Namespace) -> Outcome:
    """Run the reference on one draw of its inputs without contents; raises what it raises.

    Where an operation needs contents and the inputs are small, they have contents.
    """
    import torch

    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        try:
            return _run(namespace, torch.device("meta"))
        except NotImplementedError:
            inputs = draw_inputs(namespace, torch.device("meta"))
            if sum(math.prod(each.shape) for each in inputs if each.shape is not None) > MAX_REAL:
                raise
            return _run(namespace, torch.device("cpu"))


def _run(namespace: Namespace, device: torch.device) -> Outcome:
    inputs = draw_inputs(namespace, device)
    init_inputs = namespace.init_inputs()
    with device:
        module = constructed(namespace.model, init_inputs, training=True)
        result = module(*(each.value for each in inputs))
    shapes = tuple(tuple(each.shape) for each in _tensors(result))
    if not shapes or any(math.prod(shape) == 0 for shape in shapes):
        raise ValueError("an empty result")
    parameters = tuple(tuple(each.shape) for each in module.state_dict().values())
    return Outcome(tuple(inputs), init_inputs, shapes, parameters)


def _tensors(result: Any) -> Iterator[torch.Tensor]:
    import torch

    if isinstance(result, torch.Tensor):
        yield result
    elif isinstance(result, (tuple, list)):
        for each in result:
            yield from _tensors(each)


def _alike(published: Outcome, found: Outcome) -> bool:
    """Whether results have the form of those of the published sizes: not fewer dimensions, and none collapsed."""
    if [len(shape) for shape in published.results] != [len(shape) for shape in found.results]:
        return False
    pairs = zip(published.results, found.results, strict=True)
    return not any(before > 1 and after == 1 for old, new in pairs for before, after in zip(old, new, strict=True))
