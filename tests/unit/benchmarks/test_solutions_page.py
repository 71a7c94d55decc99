"""The page of solutions is that of the files."""

from __future__ import annotations

import hashlib
import importlib.util
import json
from pathlib import Path
from types import ModuleType

from pytest_kernelbench.model.record import CompileRecord

ROOT = Path(__file__).parents[3]


def script() -> ModuleType:
    """Return the script, which is in no package."""
    spec = importlib.util.spec_from_file_location("solutions_page", ROOT / "benchmarks" / "solutions_page.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_up_to_date() -> None:
    assert (ROOT / "docs" / "solutions.md").read_text(encoding="utf-8") == script().page()


def test_lines_are_those_with_code() -> None:
    source = '"""Two\nlines."""\n\nx = 1  # why\n# alone\n\ndef f():\n    """One."""\n    return x\n'
    assert script().lines(source) == 3


def test_the_algorithm_is_the_first_paragraph() -> None:
    assert script().algorithm('"""A sum\nof parts.\n\nSource: a paper."""\n') == "A sum of parts."


def test_no_task_is_solved_twice_and_each_file_is_a_task() -> None:
    files = [path for name in ("examples", "solutions") for path in script().kernels(ROOT / "submissions" / name)]
    tasks = [(path.parent.name, path.stem) for path in files]
    assert len(set(tasks)) == len(tasks)
    assert {stem for _, stem in tasks} <= {path.stem for path in (ROOT / "tasks").glob("*/*.py")}


def test_resources_of_todays_code_are_kept_and_shown(tmp_path: Path) -> None:
    for folder, task in (("examples", "abs"), ("solutions", "add")):
        file = tmp_path / "submissions" / folder / "Math" / f"{task}.py"
        file.parent.mkdir(parents=True)
        file.write_text(f"def {task}(input): ...\n")
    digests = {task: hashlib.sha256(f"def {task}(input): ...\n".encode()).hexdigest() for task in ("abs", "add")}

    def compiled(task: str, target: str, **fields: object) -> str:
        both = {"status": "passed", "stage": "all", "kernel_sha256": digests[task], "started": "2026-11-20T10:00:00"}
        record = CompileRecord(
            kind="compile", submission="mine", variant=None, task=task, category="Math", target=target, **both | fields
        )  # type: ignore[arg-type]
        return record.to_json() + "\n"

    launches = [{"occupancy": 1.0}, {"occupancy": 0.25}, {"occupancy": None}]
    first, second, kept = (tmp_path / name for name in ("first.jsonl", "second.jsonl", "kept.json"))
    first.write_text(
        compiled("add", "sm_90", registers=255, spills=8, stack=16, shared_bytes=2048, kernels=launches)
        + compiled("add", "gfx942", registers=40, spills=9, stack=0, kernels=launches[:1])
        + compiled("abs", "sm_90", kernel_sha256="of earlier code")
    )
    second.write_text(compiled("abs", "sm_80", status="compile_error"))
    page = script()
    assert page.table(kept) == ""
    page.keep([first], tmp_path, kept)
    page.keep([second], tmp_path, kept)
    assert {task: sorted(found) for task, found in json.loads(kept.read_text()).items()} == {
        "abs": ["sm_80"], "add": ["gfx942", "sm_90"],
    }  # fmt: skip
    rows = page.table(kept).splitlines()
    assert "| `abs` | compile_error |  |  |  |" in rows
    assert "| `add` |  | 255, 2 KiB, 25%, **spills 8 B** |  | 40, 0 KiB, 100% |" in rows


def test_no_solution_does_less_than_the_least() -> None:
    counted = json.loads(script().TRAFFIC.read_text(encoding="utf-8"))
    figures = {task: found for task, found in counted.items() if "failed" not in found}
    assert {
        task for task, each in figures.items() if each["loaded"] + each["stored"] < 0.99 * each["least_bytes"]
    } == set()
    assert {task for task, each in figures.items() if each["flops"] < each["least_flops"]} == set()


def test_bytes_and_flops_of_todays_code_are_shown(tmp_path: Path) -> None:
    page = script()
    files = {
        "examples/Math/abs": "def abs(x): ...\n",
        "solutions/Math/add": "from _common.near import f\n",
        "solutions/Math/exp": "import torch\n",
        "solutions/Math/sin": "import torch\n",
        "solutions/_common/near": "from _common.far import g\n",
        "solutions/_common/far": "x = 1\n",
        "solutions/_common/other": "x = 1\n",
    }
    for name, text in files.items():
        file = tmp_path / "submissions" / f"{name}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    paths = {path.stem: path for folder in page.FOLDERS for path in page.kernels(tmp_path / "submissions" / folder)}
    figures = {"loaded": 300, "stored": 10, "flops": 64, "least_bytes": 200, "least_flops": 0, "of": "prefill"}
    traffic = {task: {"sha256": page.digest(path), **figures} for task, path in paths.items()}
    traffic["add"] |= {"loaded": 2500, "least_flops": 64}
    traffic["exp"] |= {"of": page.FIXED}
    traffic["sin"] = {"sha256": traffic["sin"]["sha256"], "failed": "OutOfMemory"}
    (tmp_path / "benchmarks").mkdir()
    (tmp_path / "benchmarks" / page.TRAFFIC.name).write_text(json.dumps(traffic))

    def shown() -> dict[str, str]:
        rows = [
            row.split(" | ") for row in page.page(tmp_path, tmp_path / "none").splitlines() if row.startswith("| `")
        ]
        return {row[0].strip("| `").split("`")[0]: f"{row[-2]} {row[-1].strip(' |')}".strip() for row in rows}

    assert shown() == {"abs": "1.6", "add": "13 1.0", "exp": "1.6*", "sin": ""}
    (tmp_path / "submissions" / "solutions" / "_common" / "other.py").write_text("x = 2\n")
    assert shown()["add"] == "13 1.0"
    (tmp_path / "submissions" / "solutions" / "_common" / "far.py").write_text("x = 2\n")
    assert shown() == {"abs": "1.6", "add": "", "exp": "1.6*", "sin": ""}
