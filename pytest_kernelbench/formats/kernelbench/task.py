"""A problem of KernelBench as a task: small cases that keep the relations of its sizes, and the published one.

The reference is the problem's `Model`. A kernel's `ModelNew` is constructed under the same seed with the same numbers,
and gets the parameters of `Model` by name. Cases differ in that seed, too: under some parameters a result is the same
for all inputs, such as the bound of a clamp, and shows nothing.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pytest_kernelbench.formats.kernelbench.probe import Outcome, Probe, run
from pytest_kernelbench.formats.kernelbench.problem import Problem
from pytest_kernelbench.formats.kernelbench.recipes import fills_of
from pytest_kernelbench.formats.kernelbench.sizes import Relation, Scaled, scaled
from pytest_kernelbench.model.case import Case, Tensor, leaves, map_tensors, replace
from pytest_kernelbench.model.errors import TaskError
from pytest_kernelbench.model.task import VALUE_FILLS, Contract, Draw, DrawRequest, Task
from pytest_kernelbench.wire.materialize import materialize
from pytest_kernelbench.wire.modules import CLASS, OWN, PROBLEM, SEED, ReferenceModule

WIDER = (67, 33, 17, 131, 9)
"""Sizes of further fixed cases, the first that is cheap enough."""

LONGER = (2049, 1025, 513, 257, 131)
"""The same for large cases."""

MAX_FIXED = (1 << 13, 1 << 19)
"""Elements and multiplications of a fixed case."""

MAX_LARGE = (1 << 17, 1 << 25)
"""The same for a large case."""

MAX_PUBLISHED = (1 << 23, 1 << 33)
"""The same for the case with published sizes, but for the batch."""

MAX_CASES = 6
"""Fixed cases."""

MAX_LARGE_CASES = 3
"""Large cases."""

PARAMETER_SEEDS = 4
"""Seeds under which modules are constructed, from `SEED` on."""


def task_of(path: Path) -> Task:
    """Return the task of a problem's file; raises `TaskError` where its own sizes do not work."""
    problem = Problem.read(path)
    probe = Probe(problem)
    try:
        probe.published = run(problem.run({}))
    except TaskError:
        raise
    except Exception as error:
        raise TaskError(f"{path}: the reference fails on its own inputs: {type(error).__name__}: {error}") from error
    return _Maker(problem, probe, scaled(probe)).task()


@dataclass(slots=True)
class _Maker:
    """Makes the task of a problem."""

    problem: Problem
    probe: Probe
    scaled: Scaled
    reference: Any = None
    fills: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    training: bool = True

    def task(self) -> Task:
        namespace = self.problem.run(self.probe.sizes(self.scaled.base))
        self.reference = ReferenceModule(namespace.model)
        self.names = tuple(name for name in self.reference.__signature__.parameters)
        self.fills = tuple(fills_of(namespace))
        base = self.case({})
        assert base is not None
        self.training = not self._is_random(base)
        base = self.case({}) or base
        assert self.probe.published is not None
        published = self._made(self.probe.published)
        fixed = _with_other_parameters((base, *self._varied(WIDER, MAX_FIXED, MAX_CASES - 1, with_one=True)))
        return Task(
            self.reference,
            self._drawn,
            fixed_cases=fixed,
            dtypes=("float32",),
            contract=Contract(values=self._values(fixed), nan=False, inf=False, out=False, alias=True),
            large=self._varied(LONGER, MAX_LARGE, MAX_LARGE_CASES),
            long_sums=(),
            workloads={"published": published},
            published=self._nearly_published(),
            entry=CLASS,
            calling_convention="module",
            accumulation=self._terms,
            tf32=True,
            helpers={f"{PROBLEM}.py": self.problem.text},
            tied=True,
        )

    def case(self, changes: Mapping[str, int]) -> Case | None:
        """Return the case of the small sizes with changes; None where the reference does not take it."""
        outcome = self.probe.outcome({**self.scaled.base, **changes})
        return None if outcome is None else self._made(outcome)

    def _made(self, outcome: Outcome) -> Case:
        recipes = [each.recipe(fill) for each, fill in zip(outcome.inputs, self.fills, strict=True)]
        inputs = dict(zip(self.names, recipes, strict=False))
        return Case(**inputs, init_inputs=outcome.init_inputs, training=self.training, parameter_seed=SEED)

    def _varied(
        self, sizes: tuple[int, ...], most: tuple[int, int], count: int, *, with_one: bool = False
    ) -> tuple[Case, ...]:
        """Return cases in which one relation is at the first of the sizes that is cheap enough."""
        found: dict[Case, None] = {}
        for relation in self.scaled.relations:
            changes = (relation.at(_rounded(size, relation)) for size in sizes)
            case = next((made for each in changes if (made := self._cheap(each, most)) is not None), None)
            if case is not None and len(found) < count:
                found[case] = None
        if with_one:
            for relation in self.scaled.relations:
                if len(found) < count and relation.step == 1 and (case := self._cheap(relation.at(1), most)):
                    found[case] = None
        return tuple(found)

    def _cheap(self, changes: Mapping[str, int], most: tuple[int, int]) -> Case | None:
        sizes = {**self.scaled.base, **changes}
        outcome = self.probe.outcome(sizes)
        if outcome is None or outcome.elements > most[0] or outcome.multiplications > most[1]:
            return None
        return self._made(outcome)

    def _nearly_published(self) -> Case | None:
        """Return the case with published sizes but for the batch, where that is small enough."""
        batch = self.scaled.batch
        names = batch.names if batch is not None else ()
        small = {name: self.scaled.base[name] for name in names if name in self.scaled.base}
        outcome = self.probe.outcome(small)
        if outcome is None or outcome.elements > MAX_PUBLISHED[0] or outcome.multiplications > MAX_PUBLISHED[1]:
            return None
        return self._made(outcome)

    def _drawn(self, draw: Draw, given: DrawRequest) -> Case:
        from hypothesis import strategies as st

        changes: dict[str, int] = {}
        for relation in self.scaled.relations:
            value = self.probe.sizes(self.scaled.base)[relation.names[0]]
            factor = draw(st.integers(0, 8)) if given.facet == "sizes" else draw(st.integers(0, 2))
            wanted = {**changes, **relation.at(value + factor * relation.step)}
            if self._cheap(wanted, MAX_FIXED) is not None:
                changes = wanted
        case = self.case(changes)
        assert case is not None
        fill, layout = draw(st.sampled_from(given.fills)), draw(st.sampled_from(given.layouts))
        seed = draw(st.integers(0, 1 << 16))
        case = replace(case, parameter_seed=SEED + draw(st.integers(0, PARAMETER_SEEDS - 1)))
        return map_tensors(case, lambda path, recipe: _redrawn(recipe, fill, layout, seed))

    def _values(self, cases: Sequence[Case]) -> tuple[str, ...]:
        """Return the fills on which the reference is finite, in double and in single precision."""
        return tuple(fill for fill in VALUE_FILLS if all(self._is_finite(_filled(case, fill)) for case in cases))

    def _is_finite(self, case: Case) -> bool:
        import torch

        values = dict(materialize(case).values)
        wide = {name: each.double() if _is_single(each) else each for name, each in values.items()}
        results = [*self._results(values), *self._results(wide)]
        return all(bool(torch.isfinite(each).all()) for each in results)

    def _is_random(self, case: Case) -> bool:
        """Whether the reference gives another result the second time, as dropout does."""
        import torch

        values = dict(materialize(case).values)
        with torch.random.fork_rng(devices=[]):
            one, two = ([*self._results(values)] for _ in range(2))
        return any(not torch.equal(old.nan_to_num(), new.nan_to_num()) for old, new in zip(one, two, strict=True))

    def _results(self, values: Mapping[str, Any]) -> Iterator[Any]:
        import torch

        inputs = [values[name] for name in self.names if name in values and name not in OWN]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            result = self.reference(*inputs, **{name: values[name] for name in OWN})
        yield from (each for each in (result if isinstance(result, (tuple, list)) else (result,))
                    if isinstance(each, torch.Tensor))  # fmt: skip

    def _terms(self, case: Case) -> int:
        """Return an upper bound of the terms of the longest sum: an input, or a row of a parameter."""
        rows = [math.prod(shape[1:]) for shape in self._parameters(case)]
        return max([*(recipe.numel for _, recipe in leaves(case)), *rows, 1])

    def _parameters(self, case: Case) -> tuple[tuple[int, ...], ...]:
        import torch

        module = self.reference.module(case.init_inputs, case.training, torch.float32, torch.device("meta"))
        return tuple(tuple(each.shape) for each in module.state_dict().values())


def _with_other_parameters(cases: Sequence[Case]) -> tuple[Case, ...]:
    """Return the cases, each with the next seed of parameters; the first one again with another seed if it is alone."""
    several = (*cases, *cases) if len(cases) == 1 else cases
    return tuple(replace(case, parameter_seed=SEED + at % PARAMETER_SEEDS) for at, case in enumerate(several))


def _rounded(size: int, relation: Relation) -> int:
    return -(-size // relation.step) * relation.step


def _filled(case: Case, fill: str) -> Case:
    """Return the case with a fill in the place of ordinary ones."""
    return map_tensors(case, lambda path, recipe: _redrawn(recipe, fill, recipe.layout, recipe.seed))


def _redrawn(recipe: Tensor, fill: str, layout: str, seed: int) -> Tensor:
    from dataclasses import replace as with_fields

    ordinary = recipe.fill.startswith(("uniform", "normal")) and fill != "normal"
    return with_fields(recipe, fill=fill if ordinary else recipe.fill, layout=layout, seed=seed)


def _is_single(value: Any) -> bool:
    import torch

    return isinstance(value, torch.Tensor) and value.dtype == torch.float32
