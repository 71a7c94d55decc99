"""Which of the GPUs that the caller may use a session takes: those of one model, or of each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pytest_kernelbench.devices.listing import Gpu
from pytest_kernelbench.model.errors import KernelBenchError, choices

EACH = "each"
"""The value of `--kb-gpu` that asks for items on every model."""

MODELS = "kernelbench_models"
"""Key of xdist's `workerinput`: a worker sees its own GPU alone, and has to collect the items of all models."""


@dataclass(frozen=True, slots=True)
class Pool:
    """The GPUs of a session, and the models that its items are for."""

    gpus: tuple[Gpu, ...] = ()
    """In the order in which workers get them, where there are several models in turns."""
    models: tuple[str, ...] = ()
    """Slugs; with `each` every item is there once a model, and its name says which."""
    others: tuple[str, ...] = ()
    """Models of GPUs that are left out."""

    @classmethod
    def of(cls, found: Sequence[Gpu], wanted: str | None) -> Pool:
        """Choose from the GPUs found; raises `KernelBenchError` for a model that none of them is.

        Unless something is wanted, the model of the first GPU decides, so that one run never mixes models.
        """
        models = tuple(dict.fromkeys(gpu.slug for gpu in found))
        if wanted not in (None, EACH, *models):
            raise KernelBenchError(f"--kb-gpu={wanted}: {choices(str(wanted), (*models, EACH))}")
        chosen = models if wanted == EACH else tuple(model for model in models if model == (wanted or models[0]))
        by_model = [[gpu for gpu in found if gpu.slug == model] for model in chosen]
        return cls(tuple(_in_turns(by_model)), chosen, tuple(model for model in models if model not in chosen))

    @property
    def several(self) -> bool:
        """Whether items are there once a model."""
        return len(self.models) > 1

    def places(self, name: str) -> list[tuple[str, str | None]]:
        """Return the names of the items for a question, with the model that each is for."""
        if self.several:
            return [(f"{name}@{model}", model) for model in self.models]
        return [(name, self.models[0] if self.models else None)]

    def model_of(self, nodeid: str) -> str | None:
        """Return the model that an item is for, as its node id says; None where any will do."""
        model = nodeid.rpartition("@")[2]
        return model if self.several and model in self.models else None

    def describe(self) -> str:
        """Say what is used and what is left out: `2 x h100`."""
        counts = ", ".join(f"{sum(gpu.slug == model for gpu in self.gpus)} x {model}" for model in self.models)
        return f"{counts} (not {', '.join(self.others)}: --kb-gpu)" if self.others else counts


def _in_turns(groups: Iterable[Sequence[Gpu]]) -> Iterable[Gpu]:
    """Yield the first of each group, then the second of each, so that the fewest workers serve every model."""
    queues = [list(group) for group in groups]
    while any(queues):
        yield from (queue.pop(0) for queue in queues if queue)
