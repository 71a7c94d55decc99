"""The recorder: each record is in the results file once, whatever becomes of its item."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pytest_kernelbench.evaluation.resume import KnownRecords
from pytest_kernelbench.gpus.inventory import Gpu
from pytest_kernelbench.gpus.pool import Pool
from pytest_kernelbench.model.catalogue import Catalogue
from pytest_kernelbench.model.errors import KernelBenchError
from pytest_kernelbench.model.record import Record
from pytest_kernelbench.plugin.keys import RECORD, RESUMED
from pytest_kernelbench.plugin.options import Reporting
from pytest_kernelbench.plugin.recorder import Recorder
from tests.support.records import correctness

Make = Callable[..., Recorder]


class Evaluation:
    """Stands in for the session: settings, tasks, and a submission with one kernel in a file and one in a line."""

    def __init__(self, root: Path, results: Path | None, *, resume: bool = False, pool: Pool | None = None) -> None:
        self.settings = SimpleNamespace(results=results, resume=resume, pool=pool or Pool())
        self.catalogue = Catalogue.find()
        self.known = KnownRecords()
        kernels = {
            root / "mine" / "relu.py": [SimpleNamespace(task="relu", line=None, origin=None)],
            root / "mine" / "p.jsonl": [SimpleNamespace(task="gelu", line=1), SimpleNamespace(task="std", line=2)],
            root / "mine" / "bad.py": KernelBenchError("no such task"),
        }

        def read(file: Path) -> Any:
            if isinstance(kernels[file], KernelBenchError):
                raise kernels[file]
            return kernels[file]

        def lost(kernel: Any, item: str, message: str) -> Record:
            return correctness(kernel.task, "error", facets={}, device={"kind": "cpu", "item": item, "why": message})

        self.submissions = [SimpleNamespace(files=tuple(kernels), kernels=read, lost_record=lost)]


@pytest.fixture
def recorder(tmp_path: Path) -> Make:
    """Make a recorder that writes to `results.jsonl`, unless told otherwise."""

    def make(*, reporting: Reporting | None = None, results: bool = True, **options: Any) -> Recorder:
        file = tmp_path / "deep" / "results.jsonl" if results else None
        evaluation: Any = Evaluation(tmp_path, file, **options)
        return Recorder(evaluation, reporting or Reporting(), tmp_path)

    return make


def report(record: Record | None, nodeid: str = "mine/relu.py::correctness", **fields: Any) -> Any:
    """Return the report of an item's call, with the record that it carries."""
    properties = [] if record is None else [(RECORD, record.to_json())]
    defaults = {
        "when": "call", "nodeid": nodeid, "user_properties": properties, "location": ("mine/relu.py", 3, "relu"),
        "failed": False, "longreprtext": "worker 'gw0' crashed",
    }  # fmt: skip
    return SimpleNamespace(**{**defaults, **fields})


def lines(recorder: Recorder) -> list[Record]:
    """Return the records of the results file."""
    text = recorder.evaluation.settings.results.read_text(encoding="utf-8")
    return [Record.from_json(line) for line in text.splitlines()]


def summary(recorder: Recorder) -> list[str]:
    """Return the lines of the terminal summary, without the table of categories."""
    said: list[str] = []
    terminal: Any = SimpleNamespace(section=lambda title, sep: None, line=said.append, write_line=said.append)
    recorder.pytest_terminal_summary(terminal)
    return said


def test_a_record_is_written_as_it_arrives(recorder: Make) -> None:
    writing = recorder()
    for task in ("relu", "gelu"):
        writing.pytest_runtest_logreport(report(correctness(task), f"mine/{task}.py::correctness"))
        assert lines(writing)[-1] == correctness(task)
    assert len(lines(writing)) == 2


@pytest.mark.parametrize("when", ["setup", "teardown"])
def test_only_the_call_carries_a_record(recorder: Make, when: str) -> None:
    writing = recorder()
    writing.pytest_runtest_logreport(report(correctness("relu"), when=when))
    assert not writing.evaluation.settings.results.exists()


def test_without_a_results_file_records_are_kept_for_the_summary(recorder: Make) -> None:
    writing = recorder(results=False)
    writing.pytest_runtest_logreport(report(correctness("relu")))
    assert any(line.startswith("Math") for line in summary(writing))


def test_a_line_that_was_cut_short_is_put_aside_before_the_first_record(recorder: Make) -> None:
    writing = recorder()
    path = writing.evaluation.settings.results
    path.parent.mkdir()
    path.write_text(correctness("abs").to_json() + "\n" + correctness("abs").to_json()[:40], encoding="utf-8")
    writing.pytest_runtest_logreport(report(correctness("relu")))
    assert [record.task for record in lines(writing)] == ["abs", "relu"]
    assert any(str(path.with_name("results.jsonl.cut")) in line for line in summary(writing))


def test_a_resumed_record_is_not_written_again(recorder: Make) -> None:
    writing = recorder(resume=True)
    resumed = [(RECORD, correctness("relu").to_json()), (RESUMED, True)]
    writing.pytest_runtest_logreport(report(None, user_properties=resumed))
    assert not writing.evaluation.settings.results.exists()
    assert f"resumed 1 records of {writing.evaluation.settings.results}" in summary(writing)


@pytest.mark.parametrize(
    ("nodeid", "task", "item"),
    [
        ("mine/relu.py::correctness", "relu", "correctness"),
        ("mine/p.jsonl::std::compile[sm_90]", "std", "compile[sm_90]"),
        ("mine/p.jsonl::gelu::correctness", "gelu", "correctness"),
    ],
)
def test_an_item_whose_worker_died_has_a_record(recorder: Make, nodeid: str, task: str, item: str) -> None:
    writing = recorder()
    writing.pytest_runtest_logreport(report(None, nodeid, when="???", failed=True))
    (record,) = lines(writing)
    assert (record.task, record.status, record.device["item"]) == (task, "error", item)
    assert "worker 'gw0' crashed" in record.device["why"]


def test_the_device_of_a_lost_item_is_that_of_its_model(recorder: Make) -> None:
    pool = Pool((Gpu(0, "GPU-1", "NVIDIA H100"), Gpu(1, "GPU-2", "NVIDIA A100")), ("h100", "a100"))
    writing = recorder(pool=pool)
    writing.pytest_runtest_logreport(report(None, "mine/relu.py::correctness@a100", when="???", failed=True))
    assert lines(writing)[0].device == {"kind": "cuda:a100"}


@pytest.mark.parametrize("nodeid", ["other/exp.py::correctness", "mine/bad.py::correctness", "mine/p.jsonl::abs::x"])
def test_what_belongs_to_no_kernel_has_none(recorder: Make, nodeid: str) -> None:
    writing = recorder()
    writing.pytest_runtest_logreport(report(None, nodeid, when="???", failed=True))
    assert not writing.evaluation.settings.results.exists()


def test_an_item_that_was_recorded_is_not_lost(recorder: Make) -> None:
    writing = recorder()
    writing.pytest_runtest_logreport(report(correctness("relu")))
    writing.pytest_runtest_logreport(report(None, when="teardown", failed=True))
    writing.pytest_runtest_logreport(report(None, when="???", failed=True))
    assert [record.status for record in lines(writing)] == ["passed"]


def finish(recorder: Recorder) -> list[str]:
    """End the session, and return what it printed."""
    printed: list[str] = []
    terminal = SimpleNamespace(write_line=printed.append)
    manager = SimpleNamespace(get_plugin=lambda name: terminal)
    session: Any = SimpleNamespace(config=SimpleNamespace(pluginmanager=manager))
    recorder.pytest_sessionstart(session)
    ending = recorder.pytest_sessionfinish(session)
    next(ending)
    printed.append("all that pytest prints")
    with pytest.raises(StopIteration):
        next(ending)
    return printed


@pytest.mark.parametrize("results", [True, False])
def test_the_report_is_written_at_the_end(recorder: Make, tmp_path: Path, results: bool) -> None:
    page = tmp_path / "page.html"
    writing = recorder(reporting=Reporting(report=page), results=results)
    if results:  # what earlier sessions have found is in the report, too
        writing.evaluation.settings.results.parent.mkdir()
        writing.evaluation.settings.results.write_text(correctness("abs").to_json() + "\n")
    writing.pytest_runtest_logreport(report(correctness("relu")))
    assert finish(writing) == ["all that pytest prints"]
    assert page.read_text().startswith("<!doctype html>")
    assert (">abs<" in page.read_text()) is results
    assert summary(writing)[-1] == f"kernelbench: report in {page}"


def test_without_records_an_old_report_stays(recorder: Make, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text("as it was")
    finish(recorder(reporting=Reporting(report=page)))
    assert page.read_text() == "as it was"


def test_a_report_that_cannot_be_written_is_somewhere_else(
    recorder: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    (tmp_path / "file").touch()
    asked = tmp_path / "file" / "page.html"
    writing = recorder(reporting=Reporting(report=asked))
    writing.pytest_runtest_logreport(report(correctness("relu")))
    finish(writing)
    line = summary(writing)[-1]
    assert line.startswith("kernelbench: report in ")
    assert line.endswith(f", because {asked} could not be written")


def test_annotations_come_after_all_that_pytest_prints(recorder: Make, tmp_path: Path) -> None:
    writing = recorder(reporting=Reporting(checkout=tmp_path))
    writing.pytest_runtest_logreport(report(correctness("relu", "crash", "basic")))
    stop, printed, go, annotation = finish(writing)
    assert stop.startswith("::stop-commands::")
    assert printed == "all that pytest prints"
    assert go == f"::{stop.rpartition('::')[2]}::"
    assert annotation.startswith("::error file=mine/relu.py,line=4,title=relu%3A crash")


def test_lines_are_json(recorder: Make) -> None:
    writing = recorder()
    writing.pytest_runtest_logreport(report(correctness("relu")))
    (line,) = writing.evaluation.settings.results.read_text().splitlines()
    assert json.loads(line)["schema"] == 2
