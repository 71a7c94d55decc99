"""Submissions: which files and lines are kernels, and the message of every mistake."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

from pytest_kernelbench.model.catalogue import Catalogue, TaskFile
from pytest_kernelbench.model.code import Undecodable
from pytest_kernelbench.model.errors import KernelBenchError
from pytest_kernelbench.model.source import kernel_files
from pytest_kernelbench.model.submission import (
    Metadata,
    Submission,
    duplicates,
    kernel_of,
    kernel_of_line,
    kernels_of_lines,
    lines,
)

CODE = "def relu(input):\n    return input\n"
CATEGORY = {"attention": "Fusion", "fused_add_gelu": "Fusion", "relu": "Activation", "matmul": "MatrixMultiply"}
CATALOGUE = Catalogue(TaskFile(name, category, Path(f"{name}.py")) for name, category in CATEGORY.items())


def write(root: Path, *names: str, text: str = CODE) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def line(**row: object) -> str:
    return json.dumps(row) + "\n"


def load(path: Path) -> list[tuple[str, str | None]]:
    """Return task and variant of each kernel."""
    return [(kernel.task, kernel.variant) for kernel in Submission.load(path, CATALOGUE).kernels]


class TestLayouts:
    @pytest.mark.parametrize(
        "name",
        ["Fusion/attention.py", "fusion/attention.py", "attention.py", "Attention.py", "mine/attention.py"],
    )
    def test_folders_by_category_or_flat(self, tmp_path: Path, name: str) -> None:
        submission = Submission.load(write(tmp_path / "geak", name), CATALOGUE)
        (kernel,) = submission.kernels
        assert (submission.name, submission.root) == ("geak", tmp_path / "geak")
        assert (kernel.task, kernel.category, kernel.variant) == ("attention", "Fusion", None)
        assert (kernel.source_path, kernel.code, kernel.line) == (tmp_path / "geak" / name, None, None)
        assert kernel.where == str(kernel.source_path)
        assert kernel.sha256 == hashlib.sha256(CODE.encode()).hexdigest()

    def test_json_lines(self, tmp_path: Path) -> None:
        text = (
            "\n"
            + line(file="Fusion/attention.py", predict=CODE)
            + line(file="Math\\relu.py", predict=f"```\n{CODE}```")
        )
        write(tmp_path / "model", "predictions.jsonl", text=text)
        first, second = Submission.load(tmp_path / "model", CATALOGUE).kernels
        assert (first.task, first.line, first.code) == ("attention", 2, CODE)
        assert (second.task, second.line, second.code) == ("relu", 3, CODE)
        assert first.where == f"{tmp_path}/model/predictions.jsonl:2"
        assert first.sha256 == second.sha256 == hashlib.sha256(CODE.encode()).hexdigest()

    @pytest.mark.parametrize("folder", ["round_0", "round12", "sample_03", "try_1", "iteration_2"])
    def test_variants(self, tmp_path: Path, folder: str) -> None:
        write(tmp_path, "relu.py", f"{folder}/Activation/relu.py")
        assert set(load(tmp_path)) == {("relu", None), ("relu", folder)}

    def test_json_lines_of_a_variant(self, tmp_path: Path) -> None:
        write(tmp_path, "sample_0.jsonl", "sample_1.jsonl", text=line(file="relu.py", predict=CODE))
        write(tmp_path, "sample_2/predictions.jsonl", text=line(file="relu.py", predict=CODE))
        assert load(tmp_path) == [("relu", "sample_0"), ("relu", "sample_1"), ("relu", "sample_2")]

    def test_a_variant_is_not_a_submission(self, tmp_path: Path) -> None:
        write(tmp_path / "geak", "round_0/relu.py", "round_1/relu.py", "round_1/Fusion/attention.py")
        submission = Submission.load(tmp_path / "geak" / "round_1", CATALOGUE)
        assert (submission.name, submission.root) == ("geak", tmp_path / "geak")
        assert [(kernel.task, kernel.variant) for kernel in submission.kernels] == [
            ("attention", "round_1"),
            ("relu", "round_1"),
        ]

    def test_files_that_are_no_kernels_are_left_out(self, tmp_path: Path) -> None:
        write(tmp_path, "relu.py", "_help.py", "README.md", "Fusion/kernel.cu")
        assert load(tmp_path) == [("relu", None)]

    def test_a_file_is_cut_and_stripped_when_it_is_read(self, tmp_path: Path) -> None:
        raw = f"\ufeff```python\n{CODE}```\n{'#' * 146}\ntest()\n".encode()
        (tmp_path / "relu.py").write_bytes(raw)
        kernel = kernel_of(tmp_path / "relu.py", tmp_path, CATALOGUE)
        assert kernel.text() == CODE
        assert kernel.sha256 == hashlib.sha256(raw).hexdigest()

    @pytest.mark.parametrize(
        ("data", "text"),
        [
            (b"# -*- coding: latin-1 -*-\nx = '\xe9'\r\n", "# -*- coding: latin-1 -*-\nx = '\xe9'\n"),
            (b"\xef\xbb\xbf# coding: utf-8\nx = '\xc3\xa9'\n", "# coding: utf-8\nx = '\xe9'\n"),
        ],
    )
    def test_a_file_is_decoded_as_python_does(self, data: bytes, text: str, tmp_path: Path) -> None:
        (tmp_path / "relu.py").write_bytes(data)
        assert kernel_of(tmp_path / "relu.py", tmp_path, CATALOGUE).text() == text

    @pytest.mark.parametrize(
        "data",
        [b"x = 1 # \xff\n", b"x = 1\ny = 1\nz = '\xff'\n", b"# coding: nonsense\n", b"\xef\xbb\xbf# coding: latin-1\n",
         b"# coding: ascii\n# \xc3\xa9\n"],
    )  # fmt: skip
    def test_bytes_that_are_no_text_are_an_error_of_the_kernel(self, data: bytes, tmp_path: Path) -> None:
        (tmp_path / "relu.py").write_bytes(data)
        with pytest.raises(Undecodable, match=r"^SyntaxError: "):
            kernel_of(tmp_path / "relu.py", tmp_path, CATALOGUE).text()
        done = subprocess.run([sys.executable, tmp_path / "relu.py"], capture_output=True, text=True, check=False)
        assert "SyntaxError: " in done.stderr


class TestMistakesInAFolder:
    def test_empty(self, tmp_path: Path) -> None:
        with pytest.raises(KernelBenchError, match=r"no kernels; expected \.py files or JSON lines \(\.jsonl\)"):
            Submission.load(tmp_path, CATALOGUE)

    def test_no_known_task(self, tmp_path: Path) -> None:
        write(tmp_path, "Fusion/fused_add_gelo.py")
        message = r"fused_add_gelo\.py: no task is named 'fused_add_gelo': did you mean fused_add_gelu"
        with pytest.raises(KernelBenchError, match=message):
            Submission.load(tmp_path, CATALOGUE)
        with pytest.raises(KernelBenchError, match="must be imported by one, or have a name that starts with '_'"):
            kernel_of(tmp_path / "Fusion" / "fused_add_gelo.py", tmp_path, CATALOGUE)

    def test_duplicates(self, tmp_path: Path) -> None:
        write(tmp_path, "relu.py", "Activation/relu.py")
        message = (
            r"Activation/relu\.py and .*/relu\.py: both are kernels for relu; keep one, or put them into sample_0/"
        )
        with pytest.raises(KernelBenchError, match=message):
            Submission.load(tmp_path, CATALOGUE)

    def test_duplicates_in_a_variant(self, tmp_path: Path) -> None:
        write(tmp_path, "round_1/relu.py", "round_1/ReLU.py", "round_2/relu.py")
        kernels = [kernel_of(path, tmp_path, CATALOGUE) for path in kernel_files(tmp_path)]
        (error,) = duplicates(kernels)
        assert str(error) == (
            f"{tmp_path}/round_1/ReLU.py and {tmp_path}/round_1/relu.py: both are kernels for relu in round_1; keep one"
        )

    def test_several_lines_for_a_task_are_samples_unless_their_file_is_one(self, tmp_path: Path) -> None:
        write(tmp_path, "p.jsonl", text=line(file="relu.py", predict=CODE) * 2)
        kernels = Submission.load(tmp_path, CATALOGUE).kernels
        assert [kernel.variant for kernel in kernels] == ["sample_0", "sample_1"]
        write(tmp_path, "round_1.jsonl", text=line(file="relu.py", predict=CODE) * 2)
        with pytest.raises(KernelBenchError, match=r"jsonl:1 and .*jsonl:2: both are kernels for relu in round_1"):
            Submission.load(tmp_path, CATALOGUE)


class TestMistakesInALine:
    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("{'file': 1}", r"p\.jsonl:3: not JSON: Expecting property name"),
            ("[" * 100_000, r"p\.jsonl:3: not JSON: "),
            ("[1]", r'p\.jsonl:3: no "file"; expected {"file": "Fusion/attention.py", "predict": "<code>"}'),
            (line(predict=CODE), r'p\.jsonl:3: no "file"; expected'),
            (line(file="", predict=CODE), r'p\.jsonl:3: no "file"; expected'),
            (line(file=3, predict=CODE), r'p\.jsonl:3: no "file"; expected'),
            (line(file="relu.py"), r'p\.jsonl:3: no code in "predict"; expected'),
            (line(file="relu.py", predict=None), r'p\.jsonl:3: no code in "predict"; expected'),
            (line(file="relu.py", predict=" \n"), r'p\.jsonl:3: no code in "predict"; expected'),
            (line(file="relu.py", predict="```\n```"), r'p\.jsonl:3: no code in "predict"; expected'),
            (line(file="Math/rely.py", predict=CODE), r"p\.jsonl:3: no task is named 'rely': did you mean relu"),
        ],
    )
    def test_the_line_is_named(self, tmp_path: Path, text: str, message: str) -> None:
        write(tmp_path, "p.jsonl", text=line(file="attention.py", predict=CODE) + "\n" + text)
        with pytest.raises(KernelBenchError, match=message):
            kernels_of_lines(tmp_path / "p.jsonl", tmp_path, CATALOGUE)

    def test_the_other_lines_can_still_be_read(self, tmp_path: Path) -> None:
        write(tmp_path, "p.jsonl", text="nonsense\n" + line(file="relu.py", predict=CODE))
        path = tmp_path / "p.jsonl"
        (first, _), (number, text) = lines(path)
        assert (first, kernel_of_line(path, number, text, tmp_path, CATALOGUE).task) == (1, "relu")

    def test_a_line_separator_within_a_string_ends_no_line(self, tmp_path: Path) -> None:
        row = json.dumps({"file": "relu.py", "predict": "x = '\u2028'\n"}, ensure_ascii=False)
        write(tmp_path, "p.jsonl", text=row)
        assert [kernel.code for kernel in kernels_of_lines(tmp_path / "p.jsonl", tmp_path, CATALOGUE)] == [
            "x = '\u2028'\n"
        ]

    def test_a_lone_surrogate_is_no_crash(self, tmp_path: Path) -> None:
        write(tmp_path, "p.jsonl", text=r'{"file": "relu.py", "predict": "x = \"\ud800\""}')
        assert len(kernels_of_lines(tmp_path / "p.jsonl", tmp_path, CATALOGUE)) == 1

    def test_no_lines(self, tmp_path: Path) -> None:
        write(tmp_path, "p.jsonl", text="\n \n")
        with pytest.raises(KernelBenchError, match=r"p\.jsonl: no lines; expected"):
            Submission.load(tmp_path, CATALOGUE)

    def test_not_text(self, tmp_path: Path) -> None:
        (tmp_path / "p.jsonl").write_bytes(b"\xff\xfe")
        with pytest.raises(KernelBenchError, match=r"p\.jsonl: not UTF-8: "):
            Submission.load(tmp_path, CATALOGUE)


class TestMetadata:
    def test_all_keys(self, tmp_path: Path) -> None:
        text = 'method = "a"\nmodel = "b"\nround = 2\nurl = "c"\nlicence = "d"\ndevice = "e"\nlanguage = "torch"'
        write(tmp_path, "submission.toml", text=text)
        assert Metadata.of(tmp_path) == Metadata("a", "b", 2, "c", "d", "e", "torch")

    def test_none(self, tmp_path: Path) -> None:
        assert Metadata.of(tmp_path) == Metadata(language="triton")

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("method = ", r"submission\.toml: not TOML: Invalid value \(at end of document\)"),
            ('licens = "MIT"', r"submission\.toml: unknown key 'licens': did you mean licence"),
            ("method = 3", r"submission\.toml: method = 3: expected a string$"),
            ("round = true", r"submission\.toml: round = True: expected a string or an integer"),
            ('language = "rust"', r"submission\.toml: language = 'rust': choose from: cuda, torch, triton"),
            ("language = 1", r"submission\.toml: language = 1: expected a string"),
        ],
    )
    def test_mistakes(self, tmp_path: Path, text: str, message: str) -> None:
        write(write(tmp_path, "relu.py"), "submission.toml", text=text)
        with pytest.raises(KernelBenchError, match=message):
            Submission.load(tmp_path, CATALOGUE)

    def test_not_text(self, tmp_path: Path) -> None:
        (tmp_path / "submission.toml").write_bytes(b"\xff")
        with pytest.raises(KernelBenchError, match=r"submission\.toml: not UTF-8: "):
            Metadata.of(tmp_path)

    def test_a_variant_has_none_of_its_own(self, tmp_path: Path) -> None:
        write(write(tmp_path, "round_1/relu.py"), "round_1/submission.toml", text="round = 1")
        with pytest.raises(
            KernelBenchError, match=r"round_1/submission\.toml: a variant cannot have a submission\.toml; put it in .*"
        ):
            Submission.load(tmp_path / "round_1", CATALOGUE)

    @pytest.mark.parametrize("part", ["round_1", "Fusion", "round_1/Fusion", "round_1/Fusion/attention.py", "relu.py"])
    def test_it_holds_for_every_part(self, tmp_path: Path, part: str) -> None:
        root = write(tmp_path / "geak", "relu.py", "round_1/Fusion/attention.py", "Fusion/attention.py")
        write(root, "submission.toml", text='language = "torch"')
        assert Submission.load(root / part, CATALOGUE).metadata.language == "torch"
