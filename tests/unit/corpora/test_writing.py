"""The folder that an import writes: variants, and what else is in it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pytest_kernelbench.corpora.importing import import_files
from pytest_kernelbench.model.catalogue import Catalogue
from pytest_kernelbench.model.errors import KernelBenchError
from pytest_kernelbench.model.submission import Metadata, Submission
from tests.support.imports import CODE, OTHER, Import, left_out, written


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

    def test_what_was_left_out_has_a_line_each(self, imported: Import, into: Path, catalogue: Catalogue) -> None:
        imported(self.ROW, "?", {"task": "x", "code": CODE})
        lines = [json.loads(line) for line in (into / "_left_out.jsonl").read_text().splitlines()]
        assert [line["reason"] for line in lines] == ["not JSON", "no such task in this version"]
        assert len(Submission.load(into, catalogue).kernels) == 1
