"""What the instruments of all devices share: how a call is to be run, what was seen of it, and Triton's autotuner."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

REFUSED = frozenset({"OutOfResources", "CompileTimeAssertionFailure", "PTXASError"})
"""Errors of a configuration that Triton's autotuner passes over; by name, since Triton has moved them about."""


@dataclass(slots=True)
class Variant:
    """How the next call is to be run; what the input cannot show."""

    poison: str = "nan"
    """Contents of uninitialised memory: `nan` or `big`."""
    order: str = "forward"
    """Order of the programs of a grid; of the interpreter only, since on a GPU there is none."""
    lanes: bool = False
    """Masked lanes of loads without `other` hold NaN instead of 0; of the interpreter only."""
    config: int | None = None
    """Index of the autotune configuration; None is the first that pruning leaves."""
    benchmark: bool = False
    """Autotune afresh: every configuration runs before the chosen one."""
    tuned: bool = False
    """Autotune as the kernel asks for it, and remember what came of it."""
    ghost: bool = False
    """Launches do nothing."""
    refuse: bool = False
    """Launches raise, as on a device that cannot run them."""
    audit: bool = False
    """Count the elements that ATen operations touch: not for answers that are judged, since it loses conjugations."""


@dataclass(slots=True)
class Counts:
    """What was seen during one call."""

    launches: int = 0
    elsewhere: int = 0
    """Launches on other streams than that of the call."""
    configs: int = 1
    """Most configurations of any autotuner that ran."""
    programs: int = 0
    """Programs of the largest grid whose order can be chosen."""
    bare_loads: bool = False
    """A masked load without `other` was run."""
    touched: int = 0
    """Elements loaded and stored by launches; on a GPU, elements of the tensors that launches are given."""
    computed: int = 0
    """Elements touched by ATen operations that compute."""


@dataclass(slots=True)
class Instruments:
    """The state that the patches of `install` read and write; one for the process."""

    variant: Variant = field(default_factory=Variant)
    counts: Counts = field(default_factory=Counts)
    operations: dict[str, int] = field(default_factory=dict)
    """Elements touched by each ATen operation that computes."""

    def start(self, variant: Variant) -> None:
        """Begin a call."""
        self.variant, self.counts, self.operations = variant, Counts(), {}


def patch_autotuner(instruments: Instruments) -> None:
    """Have Triton's autotuner choose what the variant of the call says, for the rest of this process.

    A configuration that this device has no room for gives way to the next one, as it loses when all are timed.
    """
    from triton.runtime.autotuner import Autotuner

    autotune = Autotuner.run

    def run(self: Any, *args: Any, **kwargs: Any) -> Any:
        instruments.counts.configs = max(instruments.counts.configs, len(self.configs))
        if instruments.variant.benchmark:
            self.cache.clear()
        if instruments.variant.benchmark or instruments.variant.tuned:
            return autotune(self, *args, **kwargs)
        self.nargs = dict(zip(self.arg_names, args, strict=False))
        try:
            return _first_that_fits(self, _chosen(self, instruments.variant.config, kwargs), args, kwargs)
        finally:
            self.nargs = None

    Autotuner.run = run


def _chosen(tuner: Any, wanted: int | None, kwargs: Mapping[str, Any]) -> Sequence[Any]:
    """Return the configurations in the order in which they are to be tried."""
    if wanted is None:
        return tuner.prune_configs(kwargs)  # type: ignore[no-any-return]
    at = wanted % len(tuner.configs)
    return [*tuner.configs[at:], *tuner.configs[:at]]


def _first_that_fits(tuner: Any, configs: Sequence[Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    refused: Exception | None = None
    for config in configs:
        chosen = config.all_kwargs()
        if config.pre_hook is not None:
            config.pre_hook({**tuner.nargs, **kwargs, **chosen})
        try:
            return tuner.fn.run(*args, **{**kwargs, **chosen})
        except Exception as error:
            if REFUSED.isdisjoint(base.__name__ for base in type(error).__mro__):
                raise
            refused = refused or error
    assert refused is not None, "the autotuner has no configuration"
    raise refused
