"""`pytest-kernelbench import` and `doctor`: rows into a submission folder, and what is said about the rest."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_kernelbench.cli import main
from pytest_kernelbench.cli.import_kernels import Summary, import_files
from pytest_kernelbench.model.catalogue import Catalogue
from pytest_kernelbench.model.errors import KernelBenchError
from pytest_kernelbench.model.submission import Metadata, Submission

CODE = "def kernel(input):\n    return input\n"
OTHER = "def kernel(input):\n    return -input\n"
TASKS = {"Fusion": ["attention"], "Activation": ["relu"], "Optimizer": ["Lion"]}


@pytest.fixture
def catalogue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Catalogue:
    """A catalogue of three tasks, which the command line finds too."""
    root = tmp_path / "tasks"
    for category, names in TASKS.items():
        (root / category).mkdir(parents=True)
        for name in names:
            (root / category / f"{name}.py").write_text('raise SystemExit\nTask(entry="lion_step")' * (name == "Lion"))
    catalogue = Catalogue.find([root])
    monkeypatch.setattr(Catalogue, "find", lambda roots=None: catalogue)
    return catalogue


Import = Callable[..., Summary]


@pytest.fixture
def imported(tmp_path: Path, catalogue: Catalogue) -> Import:
    """Import rows, written as JSON lines, or the text of a file."""

    def run(*rows: object, name: str = "rows.jsonl", force: bool = False, tracked: bool = False) -> Summary:
        text = "\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows)
        (tmp_path / name).write_text(text, encoding="utf-8")
        return import_files([tmp_path / name], tmp_path / "into", catalogue, force=force, tracked=tracked)

    return run


@pytest.fixture
def into(tmp_path: Path) -> Path:
    return tmp_path / "into"


def written(into: Path) -> dict[str, str]:
    return {path.relative_to(into).as_posix(): path.read_text() for path in into.rglob("*.py")}


def left_out(summary: Summary) -> list[tuple[str, str]]:
    """Return place, without the folder, and reason."""
    return [(each.where.rpartition("/")[2], each.reason) for each in summary.left_out]


class TestRows:
    @pytest.mark.parametrize(
        "row",
        [
            {"task": "attention", "category": "Fusion", "code": CODE, "call_ok": True},
            {"file": "Fusion/attention.py", "predict": CODE},
            {"file": "Fusion\\attention.py", "predict": f"Sure:\n```python\n{CODE}```\n"},
            {"file": "attention.py", "predict": f"{CODE}{'#' * 146}\ntest()\n"},
            {"instruction": "Do it.\nWrapper Entry Information: attention(q, k, v) -> Tensor", "predict": CODE},
            {"instruction": "Wrapper Entry Information: `torch.nn.attention(q)`", "predict": CODE},
            {"instruction": "Wrapper Entry Information:\ndef attention(q):", "predict": CODE},
        ],
    )
    def test_one_kernel(self, imported: Import, into: Path, row: object) -> None:
        assert imported(row).left_out == []
        assert written(into) == {"Fusion/attention.py": CODE}

    @pytest.mark.parametrize("turn", [3, "3", "round_3", 3.0])
    def test_a_round(self, imported: Import, into: Path, turn: object) -> None:
        imported({"task": "relu", "code": CODE, "round": turn})
        assert written(into) == {"round_3/Activation/relu.py": CODE}

    @pytest.mark.parametrize("name", ["attention", "Fusion/attention.py", "fusion/attention"])
    def test_published_corpus(self, imported: Import, into: Path, name: str) -> None:
        summary = imported(
            {"task_id": name, "from_round": 0, "to_round": 1, "before_code": CODE, "after_code": OTHER},
            {"task_id": name, "from_round": 1, "to_round": 2, "before_code": OTHER, "after_code": CODE},
        )
        assert written(into) == {
            "round_0/Fusion/attention.py": CODE,
            "round_1/Fusion/attention.py": OTHER,
            "round_2/Fusion/attention.py": CODE,
        }
        assert left_out(summary) == [("rows.jsonl:2", "exact duplicate")]

    def test_the_published_function_names_its_task(self, imported: Import, into: Path) -> None:
        imported({"instruction": "Wrapper Entry Information: lion_step(param, grad)", "predict": CODE})
        assert written(into) == {"Optimizer/Lion.py": CODE}

    def test_the_bytes_of_the_code_are_kept(self, imported: Import, into: Path) -> None:
        code = "# \u00b5\r\nx = 1\n\n\n"
        imported({"task": "relu", "code": code})
        assert (into / "Activation" / "relu.py").read_bytes() == code.encode()

    @pytest.mark.parametrize(
        ("row", "reason", "detail"),
        [
            ({"task": "conv9d", "code": CODE}, "no such task in this version", "conv9d"),
            ({"task": "relu", "code": "def"}, "not Python", "relu: invalid syntax (line 1)"),
            ({"task": "relu", "code": None}, "no code", "relu"),
            ({"task": "relu", "code": "```\n```"}, "no code", "relu"),
            ({"task": "relu", "code": CODE, "round": -1}, "round is not a number", "relu: -1"),
            ({"task": "relu", "code": CODE, "round": "last"}, "round is not a number", "relu: last"),
            (
                {"task": "\ud800\x1b[2J" + "x" * 1000, "code": CODE},
                "no such task in this version",
                r"'\ud800\x1b[2Jxxx",
            ),
            ({"task_id": 12, "after_code": CODE, "to_round": 1}, "task given by number, not by name", "12"),
            ({"task_id": "12", "after_code": CODE, "to_round": 1}, "task given by number, not by name", "12"),
            ({"task": "relu", "source": CODE}, "unknown kind of row", "task, source"),
            ({"instruction": "Write relu.", "predict": CODE}, "unknown kind of row", "instruction, predict"),
            ([CODE], "unknown kind of row", "a list"),
            ("{'task': 1}", "not JSON", "Expecting property name"),
            ('{"task": "relu", "co', "not JSON", "Unterminated string"),
        ],
    )
    def test_what_is_left_out(self, imported: Import, into: Path, row: object, reason: str, detail: str) -> None:
        summary = imported({"task": "attention", "code": CODE}, "", row)
        assert left_out(summary) == [("rows.jsonl:3", reason)]
        assert summary.left_out[0].detail.startswith(detail)
        assert len(summary.left_out[0].detail) < 100
        assert all(line.isprintable() for line in summary.text().split("\n"))
        assert written(into) == {"Fusion/attention.py": CODE}

    def test_two_kernels_for_one_place(self, imported: Import, into: Path) -> None:
        summary = imported({"task": "relu", "code": CODE, "round": 1}, {"task": "relu", "code": OTHER, "round": 1})
        assert left_out(summary) == [("rows.jsonl:2", "another kernel of this task and round came first")]
        assert summary.left_out[0].detail == f"relu: {into.parent}/rows.jsonl:1"
        assert written(into) == {"round_1/Activation/relu.py": CODE}


class TestFiles:
    def test_an_array(self, imported: Import, into: Path) -> None:
        rows = [{"task": "relu", "code": CODE}, {"task": "nothing", "code": CODE}, {"task": "attention", "code": CODE}]
        summary = imported(json.dumps(rows, indent=1), name="rows.json")
        assert left_out(summary) == [("rows.json:6", "no such task in this version")]
        assert set(written(into)) == {"Activation/relu.py", "Fusion/attention.py"}

    @pytest.mark.parametrize("name", ["rows.json", "rows.jsonl"])
    def test_an_array_whatever_the_name(self, imported: Import, into: Path, name: str) -> None:
        imported(json.dumps([{"task": "relu", "code": CODE}]), name=name)
        assert written(into) == {"Activation/relu.py": CODE}

    def test_one_object_over_many_lines(self, imported: Import, into: Path) -> None:
        imported(json.dumps({"task": "relu", "code": CODE}, indent=1), name="row.json")
        assert written(into) == {"Activation/relu.py": CODE}

    def test_json_lines_named_json(self, imported: Import, into: Path) -> None:
        rows = ({"task": "relu", "code": CODE}, {"task": "attention", "code": CODE})
        imported(*rows, name="rows.json")
        assert set(written(into)) == {"Activation/relu.py", "Fusion/attention.py"}

    @pytest.mark.parametrize("rest", [",", ',\n{"task": "relu', ",\nrubbish]"])
    def test_a_broken_array_says_where(self, imported: Import, into: Path, rest: str) -> None:
        summary = imported("[" + json.dumps({"task": "relu", "code": CODE}) + rest, name="rows.json")
        assert left_out(summary) == [(f"rows.json:{1 + rest.count(chr(10))}", "not JSON")]
        assert written(into) == {"Activation/relu.py": CODE}

    @pytest.mark.parametrize("text", ["", "[]", "\n\n"])
    def test_nothing_in_it(self, imported: Import, into: Path, text: str) -> None:
        assert imported(text, name="rows.json") == Summary(into)
        assert not into.exists()

    def test_no_such_file(self, tmp_path: Path, catalogue: Catalogue, into: Path) -> None:
        with pytest.raises(KernelBenchError, match=r"none\.jsonl: no such file; expected JSON lines or a JSON array"):
            import_files([tmp_path / "none.jsonl"], into, catalogue)

    def test_not_text(self, tmp_path: Path, catalogue: Catalogue, into: Path) -> None:
        (tmp_path / "rows.jsonl").write_bytes(b"\xff\xfe")
        with pytest.raises(KernelBenchError, match=r"rows\.jsonl: not UTF-8"):
            import_files([tmp_path / "rows.jsonl"], into, catalogue)


class TestVariants:
    def test_samples(self, imported: Import, into: Path) -> None:
        rows = [{"task": "relu", "code": code} for code in (CODE, OTHER, CODE, "x = 1\n")]
        summary = imported(*rows, {"task": "attention", "code": CODE})
        assert set(written(into)) == {
            "sample_0/Activation/relu.py",
            "sample_0/Fusion/attention.py",
            "sample_1/Activation/relu.py",
            "sample_2/Activation/relu.py",
        }
        assert left_out(summary) == [("rows.jsonl:3", "exact duplicate")]

    def test_samples_from_several_files(self, tmp_path: Path, catalogue: Catalogue, into: Path) -> None:
        for name, code in (("a.jsonl", CODE), ("b.jsonl", OTHER)):
            (tmp_path / name).write_text(json.dumps({"file": "relu.py", "predict": code}))
        import_files([tmp_path / "a.jsonl", tmp_path / "b.jsonl"], into, catalogue)
        assert written(into) == {"sample_0/Activation/relu.py": CODE, "sample_1/Activation/relu.py": OTHER}

    def test_the_same_code_in_two_rounds_is_two_kernels(self, imported: Import, into: Path) -> None:
        imported({"task": "relu", "code": CODE, "round": 0}, {"task": "relu", "code": CODE, "round": 1})
        assert set(written(into)) == {"round_0/Activation/relu.py", "round_1/Activation/relu.py"}

    def test_what_is_written_is_a_submission(self, imported: Import, into: Path, catalogue: Catalogue) -> None:
        imported({"task": "relu", "code": CODE, "round": 0}, {"task": "attention", "code": CODE, "round": 1})
        submission = Submission.load(into, catalogue)
        assert submission.metadata == Metadata(method="into")
        assert {(kernel.task, kernel.variant) for kernel in submission.kernels} == {
            ("relu", "round_0"),
            ("attention", "round_1"),
        }


class TestFolder:
    ROW = {"task": "relu", "code": CODE}  # noqa: RUF012

    def test_it_is_kept_out_of_git(self, imported: Import, into: Path) -> None:
        imported(self.ROW)
        assert (into / ".gitignore").read_text() == "*\n"

    def test_unless_it_is_to_be_tracked(self, imported: Import, into: Path) -> None:
        imported(self.ROW, tracked=True)
        assert not (into / ".gitignore").exists()

    def test_an_empty_folder_is_fine(self, imported: Import, into: Path) -> None:
        into.mkdir()
        assert imported(self.ROW).kernels

    def test_a_folder_in_use_is_not(self, imported: Import, into: Path) -> None:
        into.mkdir()
        (into / "mine.txt").touch()
        with pytest.raises(
            KernelBenchError, match="into: is not empty; choose another folder, or --force to add to it"
        ):
            imported(self.ROW)
        assert [path.name for path in into.iterdir()] == ["mine.txt"]

    def test_unless_it_is_forced(self, imported: Import, into: Path) -> None:
        imported(self.ROW, {"task": "attention", "code": CODE})
        (into / "submission.toml").write_text('method = "by hand"\n')
        imported({"task": "relu", "code": OTHER}, force=True)
        assert written(into) == {"Activation/relu.py": OTHER, "Fusion/attention.py": CODE}
        assert Metadata.of(into).method == "by hand"

    def test_a_file_is_no_folder(self, imported: Import, into: Path) -> None:
        into.touch()
        with pytest.raises(KernelBenchError, match="into: is a file; --into takes a folder"):
            imported(self.ROW, force=True)

    def test_a_name_that_needs_quoting(self, tmp_path: Path, catalogue: Catalogue) -> None:
        (tmp_path / "rows.jsonl").write_text(json.dumps(self.ROW))
        into = tmp_path / 'a "b" \u00e9'
        import_files([tmp_path / "rows.jsonl"], into, catalogue)
        assert Metadata.of(into).method == into.name


class TestSummary:
    def test_counts_and_reasons(self, imported: Import, into: Path) -> None:
        rows = [{"task": "relu", "code": CODE, "round": turn} for turn in (10, 9, 9)]
        summary = imported(*rows, {"task": "attention", "code": CODE, "round": 9}, {"task": "x", "code": CODE}, "?")
        place = into.parent / "rows.jsonl"
        assert summary.text() == (
            f"{into}: 3 kernels for 2 tasks, 2 variants\n"
            f"  round_9          2\n"
            f"  round_10         1\n"
            f"left out: 3\n"
            f"  exact duplicate: 1\n"
            f"    {place}:3  relu: {place}:2\n"
            f"  no such task in this version: 1\n"
            f"    {place}:5  x\n"
            f"  not JSON: 1\n"
            f"    {place}:6  Expecting value: line 1 column 1 (char 0)"
        )

    def test_one_of_each(self, imported: Import, into: Path) -> None:
        assert imported({"task": "relu", "code": CODE}).text() == f"{into}: 1 kernel for 1 task"


class TestCommandLine:
    def test_import(self, tmp_path: Path, catalogue: Catalogue, into: Path, capsys: pytest.CaptureFixture[str]) -> None:
        (tmp_path / "rows.jsonl").write_text(json.dumps({"task": "relu", "code": CODE}))
        arguments = ["import", str(tmp_path / "rows.jsonl"), "--into", str(into)]
        assert main.main(arguments) == 0
        assert capsys.readouterr().out == f"{into}: 1 kernel for 1 task\n"
        assert main.main(arguments) == 1
        assert f"pytest-kernelbench: {into}: is not empty" in capsys.readouterr().err
        assert main.main([*arguments, "--force", "--tracked"]) == 0

    def test_nothing_to_import_is_a_failure(self, tmp_path: Path, catalogue: Catalogue, into: Path) -> None:
        (tmp_path / "rows.jsonl").write_text("{}")
        assert main.main(["import", str(tmp_path / "rows.jsonl"), "--into", str(into)]) == 1
        assert not into.exists()

    def test_a_folder_that_cannot_be_written(self, tmp_path: Path, catalogue: Catalogue) -> None:
        (tmp_path / "rows.jsonl").write_text(json.dumps({"task": "relu", "code": CODE}))
        assert main.main(["import", str(tmp_path / "rows.jsonl"), "--into", str(tmp_path / "rows.jsonl" / "x")]) == 1

    @pytest.mark.parametrize(
        "arguments", [[], ["import"], ["import", "a.jsonl"], ["import", "--into", "x"], ["exprot"]]
    )
    def test_wrong_usage(self, arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
        assert main.main(arguments) == 2
        assert "usage: pytest-kernelbench" in capsys.readouterr().err

    @pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["import", "--help"], ["doctor", "--help"]])
    def test_help(self, arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
        assert main.main(arguments) == 0
        assert "pytest-kernelbench" in capsys.readouterr().out
