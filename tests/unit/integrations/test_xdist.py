"""Workers of pytest-xdist on GPUs: each has its GPU, and gets the items of its model."""

from __future__ import annotations

import itertools
from types import SimpleNamespace
from typing import Any

import pytest

from pytest_kernelbench import integrations
from pytest_kernelbench.gpus.inventory import Gpu
from pytest_kernelbench.gpus.pool import MODELS, Pool
from pytest_kernelbench.integrations.xdist import VISIBLE, ByModel, Workers

H100, A100 = "NVIDIA H100", "NVIDIA A100"
MIXED = (Gpu(0, "GPU-0", H100), Gpu(1, "GPU-1", H100), Gpu(2, "GPU-2", A100))


def specs(*local: bool) -> list[Any]:
    return [SimpleNamespace(popen=each, env={}) for each in local]


class TestNumberOfWorkers:
    @pytest.fixture(autouse=True)
    def unset(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("PYTEST_XDIST_AUTO_NUM_WORKERS", raising=False)

    def test_so_many_for_each_gpu(self) -> None:
        assert integrations.workers(Pool.of(MIXED, "each"), 1) == 3
        assert integrations.workers(Pool.of(MIXED, None), 2) == 4

    def test_without_gpus_it_is_left_to_xdist(self) -> None:
        assert integrations.workers(Pool(), 1) is None

    def test_the_users_own_number_wins(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PYTEST_XDIST_AUTO_NUM_WORKERS", "7")
        assert integrations.workers(Pool.of(MIXED, "each"), 1) is None


class TestGpusOfWorkers:
    def test_gpus_are_handed_out_in_turn(self) -> None:
        made: list[Any] = specs(*[True] * 4)
        Workers(Pool.of(MIXED, "each")).pytest_xdist_setupnodes(None, made)  # type: ignore[arg-type]
        assert [spec.env[VISIBLE] for spec in made] == ["GPU-0", "GPU-2", "GPU-1", "GPU-0"]

    def test_a_worker_on_another_machine_has_none_of_ours(self) -> None:
        made: list[Any] = specs(False, True)
        Workers(Pool.of(MIXED, None)).pytest_xdist_setupnodes(None, made)  # type: ignore[arg-type]
        assert [spec.env for spec in made] == [{}, {VISIBLE: "GPU-0"}]

    def test_each_model_needs_a_worker(self) -> None:
        with pytest.raises(pytest.UsageError) as error:
            Workers(Pool.of(MIXED, "each")).pytest_xdist_setupnodes(None, specs(True, False))  # type: ignore[arg-type]
        assert str(error.value) == (
            "--kb-gpu=each: h100, a100 need a worker each, but there are 1; use -n auto, or -n 2 or more"
        )

    def test_a_worker_knows_the_models(self) -> None:
        node: Any = SimpleNamespace(workerinput={})
        Workers(Pool.of(MIXED, "each")).pytest_configure_node(node)
        assert node.workerinput == {MODELS: ["h100", "a100"]}

    def test_the_model_of_a_worker(self) -> None:
        workers = Workers(Pool.of(MIXED, "each"))

        def node(**env: str) -> Any:
            return SimpleNamespace(gateway=SimpleNamespace(spec=SimpleNamespace(env=env)))

        assert workers.model_of_worker(node(**{VISIBLE: "GPU-2"})) == "a100"
        assert workers.model_of_worker(node()) is None

    def test_one_model_needs_no_scheduler_of_ours(self) -> None:
        assert Workers(Pool.of(MIXED, None)).pytest_xdist_make_scheduler(None, None) is None  # type: ignore[arg-type]


class Worker:
    """Stands in for a worker of xdist: runs what it is sent, but for the last item, until it is shut down."""

    def __init__(self, name: str, model: str | None) -> None:
        self.gateway = SimpleNamespace(id=name)
        self.model, self.sent, self.shutting_down = model, [], False  # type: ignore[var-annotated]

    def send_runtest_some(self, indices: list[int]) -> None:
        self.sent += indices

    def shutdown(self) -> None:
        self.shutting_down = True


def scheduler(workers: list[Worker], items: list[str]) -> ByModel:
    """Return a scheduler whose workers have collected the items; a model is behind the @ of a name."""
    config: Any = SimpleNamespace(getvalue=lambda name: ["popen"] * len(workers), getoption=lambda name: None)
    made = ByModel(
        config,
        None,  # type: ignore[arg-type]
        lambda node: node.model,  # type: ignore[attr-defined, no-any-return]
        lambda name: name.partition("@")[2] or None,
    )
    for worker in workers:
        made.add_node(worker)
        made.add_node_collection(worker, items)
    return made


ITEMS = ["a@h100", "b", "c@a100", "d@h100", "e@a100", "f"]


def run(made: ByModel, workers: list[Worker]) -> dict[str, list[str]]:
    """Let all workers run what they are sent; return what each has got."""
    made.schedule()
    for _ in range(20):
        for worker in workers:
            while len(made.node2pending[worker]) > (0 if worker.shutting_down else 1):
                made.mark_test_complete(worker, made.node2pending[worker][0])
    return {worker.gateway.id: [made.collection[at] for at in worker.sent] for worker in workers}


class TestByModel:
    def test_items_go_to_workers_of_their_model_and_each_runs_once(self) -> None:
        workers = [Worker("gw0", "h100"), Worker("gw1", "a100")]
        got = run(scheduler(workers, ITEMS), workers)
        assert sorted(itertools.chain(*got.values())) == sorted(ITEMS)
        assert not [name for name in got["gw0"] if name.endswith("@a100")]
        assert not [name for name in got["gw1"] if name.endswith("@h100")]
        assert all(worker.shutting_down for worker in workers)

    def test_a_worker_elsewhere_gets_items_of_no_model(self) -> None:
        workers = [Worker("gw0", "h100"), Worker("gw1", None)]
        got = run(scheduler(workers, ["a", "b", "c@h100", "d"]), workers)
        assert not [name for name in got["gw1"] if "@" in name]
        assert sorted(itertools.chain(*got.values())) == ["a", "b", "c@h100", "d"]

    def test_no_worker_waits_with_more_than_two_items(self) -> None:
        workers = [Worker("gw0", "h100"), Worker("gw1", "a100")]
        made = scheduler(workers, [f"{number}@h100" for number in range(9)])
        made.schedule()
        assert [len(worker.sent) for worker in workers] == [2, 0]
        assert workers[1].shutting_down

    def test_workers_that_collect_different_items(self) -> None:
        workers = [Worker("gw0", "h100"), Worker("gw1", "a100")]
        made = scheduler(workers, ITEMS)
        made.node2collection[workers[1]] = ITEMS[:2]
        with pytest.raises(pytest.UsageError, match="the workers collected different items"):
            made.schedule()


class TestJoin:
    @pytest.fixture
    def registered(self) -> list[str]:
        return []

    def config(self, registered: list[str], dist: str = "no", **fields: Any) -> Any:
        """Return a configuration without pytest-benchmark."""
        manager = SimpleNamespace(hasplugin=lambda name: False, register=lambda plugin, name: registered.append(name))
        return SimpleNamespace(
            pluginmanager=manager,
            option=SimpleNamespace(collectonly=fields.pop("collectonly", False)),
            getoption=lambda name, default: dist,
            **fields,
        )

    @pytest.mark.parametrize(
        ("dist", "pool", "names"),
        [
            ("load", Pool.of(MIXED, "each"), ["kernelbench-workers"]),
            ("loadfile", Pool.of(MIXED, None), ["kernelbench-workers"]),
            ("no", Pool.of(MIXED, None), []),
            ("load", Pool(), []),
        ],
    )
    def test_workers_are_looked_after_where_there_are_gpus(
        self, registered: list[str], dist: str, pool: Pool, names: list[str]
    ) -> None:
        integrations.join(self.config(registered, dist), "cuda", pool, lambda report: None)
        assert registered == names

    def test_a_worker_looks_after_no_others(self, registered: list[str]) -> None:
        config = self.config(registered, "load", workerinput={})
        integrations.join(config, "cuda", Pool.of(MIXED, "each"), lambda report: None)
        assert registered == []

    @pytest.mark.parametrize(
        ("dist", "message"),
        [
            ("loadfile", "--kb-gpu=each sends items to GPUs by model, not by --dist=loadfile"),
            ("no", "--kb-gpu=each: h100, a100 need a worker each; add -n auto"),
        ],
    )
    def test_several_models_need_workers(self, registered: list[str], dist: str, message: str) -> None:
        with pytest.raises(pytest.UsageError) as error:
            integrations.join(self.config(registered, dist), "cuda", Pool.of(MIXED, "each"), lambda report: None)
        assert str(error.value) == message

    def test_collecting_needs_none(self, registered: list[str]) -> None:
        config = self.config(registered, "no", collectonly=True)
        integrations.join(config, "cuda", Pool.of(MIXED, "each"), lambda report: None)
        assert registered == []
