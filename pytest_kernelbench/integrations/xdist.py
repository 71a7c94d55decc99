"""Workers of pytest-xdist on GPUs: the GPU of each worker, and the items that it gets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import cycle
from typing import TYPE_CHECKING, Any

import pytest
from xdist.scheduler import LoadScheduling

from pytest_kernelbench.gpus.pool import EACH, MODELS, Pool

if TYPE_CHECKING:
    from xdist.remote import Producer
    from xdist.workermanage import WorkerController


VISIBLE = "CUDA_VISIBLE_DEVICES"
"""The environment variable that gives a worker its GPU."""


class Workers:
    """The plugin object for the controller of a session on GPUs."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self._models = {gpu.uuid: gpu.slug for gpu in pool.gpus}

    def pytest_xdist_setupnodes(self, config: pytest.Config, specs: Sequence[Any]) -> None:
        """Give every local worker one of the visible GPUs, before it starts.

        A worker that replaces another one starts with the same environment, and so has the same GPU. Raises
        `pytest.UsageError` if there are fewer workers than models.
        """
        local = [spec for spec in specs if spec.popen]
        if self.pool.several and len(local) < len(self.pool.models):
            raise pytest.UsageError(
                f"--kb-gpu={EACH}: {', '.join(self.pool.models)} need a worker each, but there are {len(local)}; "
                f"use -n auto, or -n {len(self.pool.models)} or more"
            )
        for spec, gpu in zip(local, cycle(self.pool.gpus), strict=False):
            spec.env[VISIBLE] = gpu.uuid

    def pytest_configure_node(self, node: WorkerController) -> None:
        """Tell a worker the models for which it must collect items."""
        node.workerinput[MODELS] = list(self.pool.models)

    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: Producer) -> ByModel | None:
        """Return the scheduler that sends each item to a worker with the right model of GPU."""
        return ByModel(config, log, self.model_of_worker, self.pool.model_of) if self.pool.several else None

    def model_of_worker(self, node: WorkerController) -> str | None:
        """Return the model of a worker's GPU; None for a worker on another machine."""
        return self._models.get(node.gateway.spec.env.get(VISIBLE))


class ByModel(LoadScheduling):  # type: ignore[misc]
    """Scheduler that gives each worker two items of its model at a time.

    A worker starts an item only when it knows the next one, so it needs two.
    """

    collection: list[str]

    def __init__(
        self,
        config: pytest.Config,
        log: Producer,
        model_of_worker: Callable[[WorkerController], str | None],
        model_of_item: Callable[[str], str | None],
    ) -> None:
        super().__init__(config, log)
        self._model_of_worker, self._model_of_item = model_of_worker, model_of_item

    def schedule(self) -> None:
        """Start when all workers have collected; continue when a worker has been replaced."""
        if not self.collection:
            self.collection, *others = self.node2collection.values()
            if any(other != self.collection for other in others):
                raise pytest.UsageError("the workers collected different items")
            self.pending[:] = range(len(self.collection))
            for node in self.nodes:
                self._fill(node, 1)
        for node in self.nodes:
            self.check_schedule(node)

    def check_schedule(self, node: WorkerController, duration: float = 0) -> None:
        """Give a worker its next items; shut it down if no items for it are left."""
        if node.shutting_down:
            return
        self._fill(node, 2)
        if len(self.node2pending[node]) < 2:
            node.shutdown()

    def _fill(self, node: WorkerController, count: int) -> None:
        model, mine = self._model_of_worker(node), self.node2pending[node]
        fitting = [at for at in self.pending if self._model_of_item(self.collection[at]) in (None, model)]
        chosen = fitting[: max(0, count - len(mine))]
        if chosen:
            mine += chosen
            self.pending[:] = [at for at in self.pending if at not in chosen]
            node.send_runtest_some(chosen)
