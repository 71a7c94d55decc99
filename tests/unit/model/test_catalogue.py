"""The catalogue: listing without loading, loading on demand, and matching file names."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from pytest_kernelbench.model import catalogue as module
from pytest_kernelbench.model.catalogue import CATEGORIES, Catalogue, category_of, snake_case
from pytest_kernelbench.model.errors import KernelBenchError, TaskError
from pytest_kernelbench.model.task import Task

WORKING = """
from __future__ import annotations
from dataclasses import dataclass
from pytest_kernelbench import Case, Task, Tensor

@dataclass
class Shape:
    rows: int

def reference(input):
    return input

task = Task(reference, lambda draw, given: None, fixed_cases=(Case(input=Tensor((Shape(2).rows,))),))
"""


def tasks(root: Path, **files: str) -> Path:
    """Write task files, named `category__task`."""
    for name, text in files.items():
        category, _, task = name.partition("__")
        (root / category).mkdir(parents=True, exist_ok=True)
        (root / category / f"{task}.py").write_text(text)
    return root


def find(root: Path, **files: str) -> Catalogue:
    return Catalogue.find([tasks(root, **files)])


def test_the_full_suite_has_176_tasks_in_15_categories() -> None:
    assert len(CATEGORIES) == 15
    assert sum(CATEGORIES.values()) == 176


@pytest.mark.parametrize(
    ("category", "marker"),
    [("Fusion", "fusion"), ("MatrixMultiply", "matrix_multiply"), ("LinearAlgebra", "linear_algebra")],
)
def test_folders_and_markers_are_the_category_in_snake_case(category: str, marker: str) -> None:
    assert snake_case(category) == marker
    assert category_of(marker) == category_of(category) == category


def test_a_folder_that_is_no_category_has_none() -> None:
    assert category_of("fusions") is None


def test_files_are_listed_by_name_and_never_run(tmp_path: Path) -> None:
    names = find(tmp_path, spatial_ops__b="raise SystemExit", math__a="", math___helper="", random__C="").names()
    assert list(names) == ["C", "a", "b"]
    assert (names["b"].category, names["b"].marker) == ("SpatialOps", "spatial_ops")
    assert names["b"].path == tmp_path / "spatial_ops" / "b.py"


def test_hidden_and_private_folders_hold_no_tasks(tmp_path: Path) -> None:
    assert not find(tmp_path, __pycache__x="", _drafts__b="").names()


def test_the_digest_is_of_the_bytes(tmp_path: Path) -> None:
    file = find(tmp_path, math__a="x").names()["a"]
    assert file.sha256 == "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"


def test_a_folder_of_an_unknown_category_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(TaskError, match=r"maths: 'maths' is not a category: did you mean math"):
        find(tmp_path, maths__a="")


def test_a_task_in_two_categories_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(TaskError, match=r"loss/a\.py and .*math/a\.py: both are the task a"):
        find(tmp_path, math__a="", loss__a="")


def test_a_missing_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(
        KernelBenchError, match=r"nowhere: no such folder; a folder of tasks holds <category>/<task>\.py"
    ):
        Catalogue.find([tmp_path / "nowhere"])


def test_several_folders_make_one_catalogue(tmp_path: Path) -> None:
    roots = [tasks(tmp_path / "one", math__a=""), tasks(tmp_path / "two", math__b="")]
    assert list(Catalogue.find(roots).names()) == ["a", "b"]


def test_tasks_of_the_user_stand_beside_and_in_the_place_of_others(tmp_path: Path) -> None:
    shipped, own = tasks(tmp_path / "one", math__a="", math__b="x"), tasks(tmp_path / "two", loss__b="y", loss__c="")
    catalogue = Catalogue.find([shipped], own)
    assert [(name, file.category) for name, file in catalogue.names().items()] == [
        ("a", "Math"),
        ("b", "Loss"),
        ("c", "Loss"),
    ]
    assert (catalogue.own, catalogue.replaced) == (2, ("b",))
    assert {category: count for category, count in catalogue.counts().items() if count} == {"Math": 1, "Loss": 2}


def test_a_checkout_has_its_tasks_beside_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "__file__", str(tmp_path / "pytest_kernelbench" / "model" / "catalogue.py"))
    tasks(tmp_path / "tasks", math__a="")
    assert list(Catalogue.find().names()) == ["a"]


def test_a_wheel_has_its_tasks_inside_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "__file__", str(tmp_path / "pytest_kernelbench" / "model" / "catalogue.py"))
    tasks(tmp_path / "pytest_kernelbench" / "tasks", math__a="")
    tasks(tmp_path / "tasks", math__somebody_elses="")
    assert list(Catalogue.find().names()) == ["a"]


def test_the_tasks_of_this_project_are_found() -> None:
    names = Catalogue.find().names()
    assert names["softmax"].category == "Math"
    assert {file.category for file in names.values()} <= set(CATEGORIES)


def test_a_task_is_imported_once_and_leaves_no_module_behind(tmp_path: Path) -> None:
    catalogue = find(tmp_path, math__a=WORKING)
    before = set(sys.modules)
    task = catalogue.load("a")
    assert isinstance(task, Task)
    assert catalogue.load("a") is task
    assert not [name for name in set(sys.modules) - before if "kernelbench_task" in name]


def test_each_catalogue_loads_for_itself(tmp_path: Path) -> None:
    assert find(tmp_path, math__a=WORKING).load("a") is not find(tmp_path).load("a")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "",
            r"math/a\.py: there is no `task`; "
            r"a task file ends with `task = Task\(reference, cases, fixed_cases=\.\.\.\)`",
        ),
        ("task = 3", r"math/a\.py: `task` is a int; a task file ends with"),
        ("1 / 0", r"math/a\.py: ZeroDivisionError: division by zero"),
        ("def", r"math/a\.py: SyntaxError: invalid syntax"),
        ("import nothing_at_all", r"math/a\.py: ModuleNotFoundError: No module named 'nothing_at_all'"),
        (WORKING.replace("Task(reference", "Task(dtypes=('int3',), reference=reference"), r"math/a\.py: "),
    ],
)
def test_a_bad_task_file_is_named(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(TaskError, match=message):
        find(tmp_path, math__a=text).load("a")


def test_loading_an_unknown_task_lists_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(KernelBenchError, match="unknown task 'softmaxx': did you mean softmax"):
        find(tmp_path, math__softmax="", math__exp="").load("softmaxx")


@pytest.mark.parametrize(
    ("stem", "name"),
    [
        ("fused_add_gelu", "fused_add_gelu"),
        ("Fused_Add_GELU", "fused_add_gelu"),
        ("fused-add-gelu", "fused_add_gelu"),
        ("FusedAddGelu", "fused_add_gelu"),
        ("adam", "Adam"),
        ("index_fill", "index_fill_"),
    ],
)
def test_file_names_match_tasks(tmp_path: Path, stem: str, name: str) -> None:
    catalogue = find(tmp_path, fusion__fused_add_gelu="", optimizer__Adam="", index__index_fill_="")
    assert catalogue.match(stem).name == name


def test_an_exact_name_wins(tmp_path: Path) -> None:
    catalogue = find(tmp_path, math__exp_="", math__exp="", math__EXP="")
    assert catalogue.match("EXP").name == "EXP"
    assert catalogue.match("exp_").name == "exp_"


def test_a_file_name_with_several_meanings_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(KernelBenchError, match="'ab' may be any of a_b, ab_: write the exact name"):
        find(tmp_path, math__a_b="", math__ab_="").match("ab")


def test_a_file_name_without_meaning_lists_the_nearest(tmp_path: Path) -> None:
    catalogue = find(tmp_path, math__sqrt="", math__exp="")
    with pytest.raises(KernelBenchError, match=r"no task is named 'sqrtt': did you mean sqrt\? \(one of 2\)"):
        catalogue.match("sqrtt")
    with pytest.raises(KernelBenchError, match="no task is named 'conv9d': choose from: exp, sqrt"):
        catalogue.match("conv9d")
    with pytest.raises(KernelBenchError, match="no task is named '___'"):
        catalogue.match("___")


def test_nothing_heavy_is_imported_for_collection() -> None:
    code = (
        "import sys, pytest_kernelbench.cli.main, pytest_kernelbench.model.submission;"
        "from pytest_kernelbench.model.catalogue import Catalogue; assert Catalogue.find().names();"
        "print(sorted({'torch', 'triton', 'numpy', 'hypothesis', 'pytest'} & set(sys.modules)))"
    )
    root = Path(module.__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_aliases_name_one_task_and_are_the_name_of_none() -> None:
    catalogue = Catalogue.find()
    aliases = [alias for name in catalogue.names() for alias in catalogue.load(name).aliases]
    assert len(aliases) == len(set(aliases)) >= 28
    assert not catalogue.names().keys() & set(aliases)
    assert catalogue.match("relu_sqrt").name == "fused_relu_sqrt"
    for name in catalogue.names():
        assert all(catalogue.match(alias).name == name for alias in catalogue.load(name).aliases)
