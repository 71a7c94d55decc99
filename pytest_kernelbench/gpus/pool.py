"""The GPUs that a session uses: those of one model, or all of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pytest_kernelbench.gpus.inventory import Gpu
from pytest_kernelbench.model.errors import KernelBenchError, choices

EACH = "each"
"""Value of `--kb-gpu` that selects every model."""

MODELS = "kernelbench_models"
"""Key in the `workerinput` of xdist for the models: a worker sees only its own GPU but collects items of all models."""


@dataclass(frozen=True, slots=True)
class Pool:
    """The GPUs of a session."""

    gpus: tuple[Gpu, ...] = ()
    """GPUs in the order in which workers get them; where there are several models, these alternate."""
    models: tuple[str, ...] = ()
    """Slugs of the models; with several, each item exists once per model and has the model in its name."""
    others: tuple[str, ...] = ()
    """Slugs of models that are available but not used."""

    @classmethod
    def of(cls, found: Sequence[Gpu], wanted: str | None) -> Pool:
        """Select GPUs; `wanted` is a slug, `each`, or None for the model of the first GPU.

        Without a wish, one run thus never mixes models. Raises `KernelBenchError` for a model that is not available.
        """
        models = tuple(dict.fromkeys(gpu.slug for gpu in found))
        if wanted not in (None, EACH, *models):
            raise KernelBenchError(f"--kb-gpu={wanted}: {choices(str(wanted), (*models, EACH))}")
        chosen = models if wanted == EACH else tuple(model for model in models if model == (wanted or models[0]))
        by_model = [[gpu for gpu in found if gpu.slug == model] for model in chosen]
        return cls(tuple(_alternating(by_model)), chosen, tuple(model for model in models if model not in chosen))

    @property
    def several(self) -> bool:
        """Whether there are several models, so that each item exists once per model."""
        return len(self.models) > 1

    def places(self, name: str) -> list[tuple[str, str | None]]:
        """Return the names of the items for one question, each with the model that it runs on."""
        if self.several:
            return [(f"{name}@{model}", model) for model in self.models]
        return [(name, self.models[0] if self.models else None)]

    def model_of(self, nodeid: str) -> str | None:
        """Return the model in the node id of an item; None where items have no model in their names."""
        model = nodeid.rpartition("@")[2]
        return model if self.several and model in self.models else None

    def describe(self) -> str:
        """Describe which GPUs are used and which are not: `2 x h100 (not a100: --kb-gpu)`."""
        counts = ", ".join(f"{sum(gpu.slug == model for gpu in self.gpus)} x {model}" for model in self.models)
        return f"{counts} (not {', '.join(self.others)}: --kb-gpu)" if self.others else counts


def _alternating(groups: Iterable[Sequence[Gpu]]) -> Iterable[Gpu]:
    """Yield the first of each group, then the second of each: few workers then suffice to serve every model."""
    queues = [list(group) for group in groups]
    while any(queues):
        yield from (queue.pop(0) for queue in queues if queue)
