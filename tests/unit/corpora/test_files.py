"""Files that hold rows, in whatever form they were written."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from pytest_kernelbench.corpora.importing import Summary, import_files
from pytest_kernelbench.model.catalogue import Catalogue
from pytest_kernelbench.model.errors import KernelBenchError
from tests.support.imports import CODE, OTHER, Import, left_out, written


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
        with pytest.raises(KernelBenchError, match=r"none\.jsonl: no such file; expected JSON lines"):
            import_files([tmp_path / "none.jsonl"], into, catalogue)

    @pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "latin-1"])
    def test_encodings(self, imported: Import, into: Path, encoding: str) -> None:
        code = f"# \u00b5\n{CODE}"
        row = json.dumps({"task": "relu", "code": code}, ensure_ascii=False)
        assert imported(row.encode(encoding)).left_out == []
        assert (into / "Activation" / "relu.py").read_bytes() == code.encode()

    def test_lines_of_windows(self, imported: Import, into: Path) -> None:
        rows = [json.dumps({"task": task, "code": CODE}) for task in ("relu", "attention")]
        assert imported("\r\n".join(rows) + "\r\n").left_out == []
        assert set(written(into)) == {"Activation/relu.py", "Fusion/attention.py"}

    def test_one_line_in_another_encoding(self, imported: Import, into: Path) -> None:
        rows = [json.dumps({"task": "relu", "code": "# \u20ac\n"}, ensure_ascii=False).encode()]
        rows += [json.dumps({"task": "attention", "code": "# \u00e9\n"}, ensure_ascii=False).encode("latin-1")]
        assert imported(*rows).left_out == []
        assert (into / "Activation/relu.py").read_bytes() == "# \u20ac\n".encode()
        assert (into / "Fusion/attention.py").read_bytes() == "# \u00e9\n".encode()

    def test_half_a_character(self, imported: Import, into: Path) -> None:
        imported(r'{"task": "relu", "code": "# \ud83d\n"}')
        assert written(into) == {"Activation/relu.py": "# ?\n"}

    def test_huge_code(self, imported: Import) -> None:
        summary = imported({"task": "relu", "code": "x = 1\n" * 200_000}, {"task": "attention", "code": CODE})
        assert left_out(summary) == [("rows.jsonl:1", "more than 1,000,000 characters of code")]


class TestFolders:
    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        return tmp_path / "corpus"

    def test_files_of_all_kinds(self, folder: Path, catalogue: Catalogue, into: Path) -> None:
        for name, text in {
            "Fusion/attention.py": f"{CODE}{'#' * 146}\ntest()\n",
            "more/rows.jsonl": json.dumps({"task": "relu", "code": OTHER}),
            "README.md": "no kernel",
            ".hidden/relu.py": CODE,
            "conv9d.py": CODE,
        }.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text)
        summary = import_files([folder], into, catalogue)
        assert written(into) == {"Fusion/attention.py": CODE, "Activation/relu.py": OTHER}
        assert left_out(summary) == [("conv9d.py", "no such task in this version")]

    @pytest.mark.parametrize("name", ["sample_2/relu.py", "relu_sample_2.py", "relu_triton_sample_2_kernel.py"])
    def test_samples(self, folder: Path, catalogue: Catalogue, into: Path, name: str) -> None:
        (folder / name).parent.mkdir(parents=True)
        (folder / name).write_text(CODE)
        import_files([folder], into, catalogue)
        assert written(into) == {"sample_2/Activation/relu.py": CODE}

    def test_problems_of_another_benchmark(self, folder: Path, catalogue: Catalogue, into: Path) -> None:
        folder.mkdir()
        (folder / "level_1_problem_19_sample_0_kernel.py").write_text(CODE)
        row = {"level": 2, "problem": 4, "model": "m", "sample": 0, "code": CODE}
        (folder / "rows.jsonl").write_text(json.dumps(row) + "\n")
        summary = import_files([folder], into, catalogue)
        reason = "a problem of KernelBench: judge the file itself, with --kb-tasks"
        assert left_out(summary) == [("level_1_problem_19_sample_0_kernel.py", reason), ("rows.jsonl:1", reason)]


class TestParquet:
    def test_without_pyarrow(
        self, tmp_path: Path, catalogue: Catalogue, into: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(sys.modules, "pyarrow", None)
        (tmp_path / "x.parquet").touch()
        with pytest.raises(KernelBenchError, match=r"x\.parquet: parquet needs pyarrow: pip install"):
            import_files([tmp_path / "x.parquet"], into, catalogue)

    def test_rows_are_read_in_batches(
        self, tmp_path: Path, catalogue: Catalogue, into: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """With a stand-in for pyarrow, which is not a dependency: what is asked of it, and what is done with rows."""
        batches = [
            [{"task": "relu", "code": CODE}],
            [{"task": "?", "code": CODE}, {"task": "attention", "code": OTHER}],
        ]

        class ParquetFile:
            def __init__(self, file: Path) -> None:
                assert file.name == "x.parquet"

            def __enter__(self) -> ParquetFile:
                return self

            def __exit__(self, *error: object) -> None: ...

            def iter_batches(self, batch_size: int) -> list[SimpleNamespace]:
                return [SimpleNamespace(to_pylist=lambda rows=rows: rows) for rows in batches]

        parquet = SimpleNamespace(ParquetFile=ParquetFile)
        monkeypatch.setitem(sys.modules, "pyarrow", SimpleNamespace(ArrowException=ValueError, parquet=parquet))
        (tmp_path / "x.parquet").touch()
        summary = import_files([tmp_path / "x.parquet"], into, catalogue)
        assert written(into) == {"Activation/relu.py": CODE, "Fusion/attention.py": OTHER}
        assert left_out(summary) == [("x.parquet:2", "no such task in this version")]
