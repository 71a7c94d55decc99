"""What the instruments of all devices share: the conditions of the current call, its counts, and the autotuner."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from pytest_kernelbench.wire.conditions import CallConditions
from pytest_kernelbench.wire.protocol import MAX_VIOLATIONS

LAUNCH_EVENT = "kernelbench.launch"
"""Audit event of a launch; its argument is the file that defines the kernel function, or an empty text."""

STREAM_EVENT = "kernelbench.stream"
"""Audit event of a new CUDA stream."""

SKIPPED_ERRORS = frozenset({"OutOfResources", "CompileTimeAssertionFailure", "PTXASError"})
"""Errors at which Triton's autotuner skips a configuration; by name, since Triton has moved the classes."""


@dataclass(slots=True)
class Counts:
    """Counts of one call."""

    launches: int = 0
    """Launches that worked."""
    off_stream_launches: int = 0
    """Those of the launches that were on another stream than the call."""
    configs: int = 1
    """Largest number of configurations of any autotuner that ran."""
    programs: int = 0
    """Number of programs of the largest grid, on devices where the order of programs can be chosen."""
    empty_grids: int = 0
    """Launches whose grid has no programs, so that nothing is launched."""
    bare_loads: bool = False
    """Whether a masked load without `other` was run."""
    touched: int = 0
    """Elements that launches loaded and stored; on a GPU, elements of the tensors that launches were given.

    In an audited call on the interpreter, each address counts once.
    """
    computed: int = 0
    """Elements that computing ATen operations read and wrote and that the host read, in an audited call."""
    constant: int = 0
    """The part of `touched` of launches whose results do not depend on the contents of the arguments."""
    copied: int = 0
    """The part of `touched` of other launches that only copy or rearrange elements."""
    passed_on: int = 0
    """The part of `copied` of launches that keep the order of the elements and read no argument."""
    swapped_launches: int = 0
    """Launches that read contents which only launches see."""


class LaunchWatcher(Protocol):
    """Something that looks at the memory of launches."""

    def before(self, tensors: Sequence[Any]) -> None:
        """Look at the tensors that a launch gets, before it runs."""

    def after(self) -> None:
        """Look at the same tensors after the launch has run or raised."""


@dataclass(slots=True)
class Instruments:
    """The state that all patches of this process read and write."""

    conditions: CallConditions = field(default_factory=CallConditions)
    """Conditions of the current call."""
    counts: Counts = field(default_factory=Counts)
    """Counts of the current call."""
    warps: int = 4
    """Warps of the current launch."""
    recorded: list[tuple[str, tuple[int, int, int]]] | None = None
    """Name and grid of each launch of a call whose launches are looked at and not made; None in other calls."""
    operations: dict[str, int] = field(default_factory=dict)
    """The part of `Counts.computed` of each ATen operation, by its name."""
    violations: list[str] = field(default_factory=list)
    """What launches did that breaks a rule of the language or of memory, in words, since the last `take_violations`."""
    captured: bool = False
    """Whether launches were ever captured in a CUDA graph."""
    watcher: LaunchWatcher | None = None
    """What looks at the launches of the current call."""
    launching: bool = False
    """Whether a launch runs in front of the watcher: what it does with its arguments is no host code."""
    addresses: list[Any] | None = None
    """Addresses that launches access, as arrays with repetitions; None where nobody collects them."""

    @contextlib.contextmanager
    def watching(self, *arguments: Any) -> Iterator[None]:
        """Run one launch, which is given these arguments, in front of the watcher."""
        if self.watcher is None:
            yield
            return
        self.launching = True
        self.watcher.before(_tensors(arguments))
        try:
            yield
        finally:
            self.watcher.after()
            self.launching = False

    def access(self, addresses: Any, mask: Any = None) -> None:
        """Collect the addresses of a load or store, those of masked lanes left out."""
        if self.addresses is not None:
            self.addresses.append(addresses.reshape(-1) if mask is None else addresses[mask])

    def start(self, conditions: CallConditions) -> None:
        """Begin a call: set its conditions and reset all counts."""
        self.conditions, self.counts, self.operations = conditions, Counts(), {}
        self.recorded = self.watcher = self.addresses = None

    def violate(self, text: str) -> None:
        """Note a violation once; beyond `MAX_VIOLATIONS` they are left out."""
        if text not in self.violations and len(self.violations) < MAX_VIOLATIONS:
            self.violations.append(text)

    def take_violations(self) -> list[str]:
        """Return the violations so far, and forget them."""
        taken, self.violations = self.violations, []
        return taken


def _tensors(arguments: Any) -> list[Any]:
    """Return the tensors among the arguments of a launch, and those behind its tensor descriptors."""
    import torch
    from torch.utils._pytree import tree_leaves

    leaves = [getattr(leaf, "base", leaf) for leaf in tree_leaves(arguments)]
    return list({id(leaf): leaf for leaf in leaves if isinstance(leaf, torch.Tensor)}.values())


def patch_autotuner(instruments: Instruments) -> None:
    """Make Triton's autotuner choose the configuration that the conditions of a call name, until this process ends.

    A configuration that needs more than the device has is skipped, as it is where configurations are timed.
    """
    from triton.runtime.autotuner import Autotuner

    autotune = Autotuner.run

    def run(self: Any, *args: Any, **kwargs: Any) -> Any:
        instruments.counts.configs = max(instruments.counts.configs, len(self.configs))
        if instruments.conditions.benchmark:
            self.cache.clear()
        if instruments.conditions.benchmark or instruments.conditions.tuned:
            return autotune(self, *args, **kwargs)
        self.nargs = dict(zip(self.arg_names, args, strict=False))
        try:
            configs = _chosen(self, instruments.conditions.config, kwargs)
            if instruments.recorded is not None:
                # On a GPU all of them are timed before one is chosen.
                return _each(self, configs, args, kwargs)
            return _first_that_fits(self, configs, args, kwargs)
        finally:
            self.nargs = None

    Autotuner.run = run


def _chosen(tuner: Any, wanted: int | None, kwargs: Mapping[str, Any]) -> Sequence[Any]:
    """Return the configurations in the order to try them: from the `wanted` one on, or those that pruning leaves."""
    if wanted is None:
        return tuner.prune_configs(kwargs)  # type: ignore[no-any-return]
    first = wanted % len(tuner.configs)
    return [*tuner.configs[first:], *tuner.configs[:first]]


def _each(tuner: Any, configs: Sequence[Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """Run every configuration that the device can run, and return what the first of them returns."""
    first = _first_that_fits(tuner, configs, args, kwargs)
    for config in configs:
        try:
            _first_that_fits(tuner, [config], args, kwargs)
        except Exception as error:
            if not _skipped(error):
                raise
    return first


def _skipped(error: Exception) -> bool:
    """Whether Triton's autotuner skips a configuration at this error."""
    return not SKIPPED_ERRORS.isdisjoint(base.__name__ for base in type(error).__mro__)


def _first_that_fits(tuner: Any, configs: Sequence[Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """Run the first configuration that the device can run; raises the first error where it can run none."""
    skipped: Exception | None = None
    for config in configs:
        chosen = config.all_kwargs()
        # Where configurations are timed, this is set before the best one is launched; host code may read it then.
        tuner.best_config = config
        if config.pre_hook is not None:
            config.pre_hook({**tuner.nargs, **kwargs, **chosen})
        try:
            return tuner.fn.run(*args, **{**kwargs, **chosen})
        except Exception as error:
            if not _skipped(error):
                raise
            skipped = skipped or error
    assert skipped is not None, "the autotuner has no configuration"
    raise skipped
