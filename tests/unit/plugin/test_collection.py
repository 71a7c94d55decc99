"""From a submission to items: names, markers, and what is never imported."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pytest_kernelbench.evaluation.shards import Shard
from pytest_kernelbench.plugin.collection import keep_shard, shadow_conftests
from pytest_kernelbench.plugin.items import CompileItem, CorrectnessItem, KernelItem, MissingItem, SpeedItem
from tests.support.project import TORCH_RELU, Project

Collect = Callable[..., list[pytest.Item]]

RELU = "submissions/mine/relu.py"
SIGMOID = "submissions/mine/round_1/Activation/sigmoid.py"


def ids(items: list[pytest.Item]) -> list[str]:
    return [item.nodeid for item in items]


def test_the_items_of_a_submission(collected: Collect) -> None:
    items = collected("--kb-target=sm_90")
    assert [name for name in ids(items) if "::speed" not in name] == [
        f"{RELU}::correctness", f"{RELU}::compile[sm_90]", f"{SIGMOID}::correctness", f"{SIGMOID}::compile[sm_90]",
    ]  # fmt: skip
    assert [type(item) for item in items[:3]] == [CorrectnessItem, CompileItem, SpeedItem]
    assert [{marker.name for marker in item.iter_markers()} for item in items[:3]] == [
        {"activation", "correctness"}, {"activation", "compile"}, {"activation", "speed"},
    ]  # fmt: skip


def test_items_of_speed_have_the_names_of_workloads(collected: Collect) -> None:
    items = [item for item in collected() if isinstance(item, SpeedItem)]
    assert items
    assert all(item.name == f"speed[{item.workload}]" for item in items)
    assert not [item for item in collected("--kb-device=interpreter") if isinstance(item, SpeedItem)]


def test_kernels_of_lines_are_named_by_their_task(project: Project, collected: Collect) -> None:
    rows = '{"file": "gelu.py", "predict": "1"}\n{"file": "std", "predict": "1"}'
    project.write({"submissions/lines/p.jsonl": rows})
    items = [item for item in collected("--kb-submission=lines") if "lines/" in item.nodeid]
    assert ids(items) == [
        "submissions/lines/p.jsonl::gelu::correctness", "submissions/lines/p.jsonl::std::correctness",
    ]  # fmt: skip
    assert [item.reportinfo()[1] for item in items] == [0, 1]


def test_nothing_of_a_submission_is_imported(collected: Collect) -> None:
    before = set(sys.modules)
    collected()  # its conftest.py and _tools.py would end this process
    assert not [name for name in set(sys.modules) - before if "relu" in name or name == "_tools"]


def test_tasks_without_a_kernel(collected: Collect) -> None:
    items = [item for item in collected("--kb-missing=skip") if isinstance(item, MissingItem)]
    items = [item for item in items if item.record.category == "Activation"]
    names = [item.name for item in items]
    assert "missing[sigmoid]" in names
    assert "missing[round_1:relu]" in names
    assert "missing[relu]" not in names
    assert len(names) == 2 * 10 - 2
    assert {marker.name for marker in items[0].iter_markers()} == {"activation", "correctness"}


def test_a_file_that_is_selected_by_itself(collected: Collect) -> None:
    assert {name.partition("::")[0] for name in ids(collected(RELU))} == {RELU}


def test_a_folder_outside_of_the_root_has_node_ids_of_its_own(
    project: Project, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("elsewhere") / "theirs"
    folder.mkdir()
    (folder / "relu.py").write_text(TORCH_RELU)
    items, _ = project.pytester.inline_genitems(
        "-p", "no:benchmark", f"--kb-submission={folder}", "--kb-device=interpreter"
    )
    assert ids(items) == ["theirs/relu.py::correctness"]


def test_an_empty_module_stands_for_each_conftest(tmp_path: Path) -> None:
    for name in ("conftest.py", "round_1/conftest.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    registered: dict[str, Any] = {}
    manager = SimpleNamespace(
        has_plugin=registered.__contains__, register=lambda module, name: registered.update({name: module})
    )
    config: Any = SimpleNamespace(pluginmanager=manager)
    sources: Any = [SimpleNamespace(root=tmp_path), SimpleNamespace(root=tmp_path)]
    shadow_conftests(config, sources)
    shadow_conftests(config, sources)
    assert sorted(registered) == [str(tmp_path / "conftest.py"), str(tmp_path / "round_1" / "conftest.py")]
    assert all(not hasattr(module, "__file__") for module in registered.values())


@pytest.mark.parametrize("number", [1, 2])
def test_the_items_of_one_part_stay(collected: Collect, number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    ranks = {"relu": 0, "sigmoid": 1}
    everything: list[Any] = [item for item in collected("--kb-missing=skip") if named(item).task in ranks]
    gone: list[pytest.Item] = []
    monkeypatch.setattr(
        everything[0].config, "hook", SimpleNamespace(pytest_deselected=lambda items: gone.extend(items))
    )
    shard = Shard(number, 2)
    evaluation: Any = SimpleNamespace(
        settings=SimpleNamespace(shard=shard), catalogue=SimpleNamespace(names=lambda: ranks)
    )
    kept = [*everything]
    keep_shard(evaluation, kept)
    assert {*kept, *gone} == {*everything}
    assert all(shard.holds(ranks[named(item).task], named(item).variant) for item in kept)
    assert not any(shard.holds(ranks[named(item).task], named(item).variant) for item in gone)
    assert kept
    assert gone


def named(item: Any) -> Any:
    """Return what an item is about: its kernel, or the record of a missing one."""
    return item.kernel if isinstance(item, KernelItem) else item.record
