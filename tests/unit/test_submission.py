"""Submissions: what is selected, what is a kernel, and what every mistake says."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from pytest_kernelbench.model.catalogue import Catalogue, TaskFile
from pytest_kernelbench.model.code import code_of, syntax_error
from pytest_kernelbench.model.errors import KernelBenchError
from pytest_kernelbench.model.source import Source, find, kernel_files, variant_of
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

    def test_what_is_no_kernel(self, tmp_path: Path) -> None:
        write(tmp_path, "relu.py", "_help.py", ".x.py", "__pycache__/a.py", ".git/b.py", "_old/c.py", text=CODE)
        write(tmp_path, "README.md", "README.py", "LICENSE", "LICENCE.py", "notes.txt", "Fusion/kernel.cu")
        write(tmp_path, "submission.toml", text="")
        assert kernel_files(tmp_path) == [tmp_path / "relu.py"]
        assert load(tmp_path) == [("relu", None)]

    def test_files_are_sorted(self, tmp_path: Path) -> None:
        names = ["Math/b.py", "a.py", "Fusion/z.py", "predictions.jsonl"]
        write(tmp_path, *names)
        assert kernel_files(tmp_path) == sorted(tmp_path / name for name in names)

    @pytest.mark.parametrize(
        ("name", "variant"),
        [("round_1/a.py", "round_1"), ("Fusion/a.py", None), ("Fusion/round_1/a.py", None), ("rounds_1/a.py", None)],
    )
    def test_only_a_folder_directly_in_the_submission_is_a_variant(self, name: str, variant: str | None) -> None:
        assert variant_of(Path("/x/geak") / name, Path("/x/geak")) == variant


class TestMistakesInAFolder:
    def test_empty(self, tmp_path: Path) -> None:
        with pytest.raises(KernelBenchError, match=r"no kernels; wanted \.py files or JSON lines \(\.jsonl\)"):
            Submission.load(tmp_path, CATALOGUE)

    def test_no_known_task(self, tmp_path: Path) -> None:
        write(tmp_path, "Fusion/fused_add_gelo.py")
        message = r"fused_add_gelo\.py: no task is named 'fused_add_gelo': did you mean fused_add_gelu"
        with pytest.raises(KernelBenchError, match=message):
            Submission.load(tmp_path, CATALOGUE)
        with pytest.raises(KernelBenchError, match="the name of a file that is no kernel starts with '_'"):
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

    def test_duplicates_of_lines(self, tmp_path: Path) -> None:
        write(tmp_path, "p.jsonl", text=line(file="relu.py", predict=CODE) * 2)
        with pytest.raises(KernelBenchError, match=r"p\.jsonl:1 and .*p\.jsonl:2: both are kernels for relu"):
            Submission.load(tmp_path, CATALOGUE)


class TestMistakesInALine:
    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("{'file': 1}", r"p\.jsonl:3: not JSON: Expecting property name"),
            ("[" * 100_000, r"p\.jsonl:3: not JSON: "),
            ("[1]", r'p\.jsonl:3: no "file"; wanted {"file": "Fusion/attention.py", "predict": "<code>"}'),
            (line(predict=CODE), r'p\.jsonl:3: no "file"; wanted'),
            (line(file="", predict=CODE), r'p\.jsonl:3: no "file"; wanted'),
            (line(file=3, predict=CODE), r'p\.jsonl:3: no "file"; wanted'),
            (line(file="relu.py"), r'p\.jsonl:3: no code in "predict"; wanted'),
            (line(file="relu.py", predict=None), r'p\.jsonl:3: no code in "predict"; wanted'),
            (line(file="relu.py", predict=" \n"), r'p\.jsonl:3: no code in "predict"; wanted'),
            (line(file="relu.py", predict="```\n```"), r'p\.jsonl:3: no code in "predict"; wanted'),
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
        with pytest.raises(KernelBenchError, match=r"p\.jsonl: no lines; wanted"):
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
            ("method = 3", r"submission\.toml: method = 3: wanted a string$"),
            ("round = true", r"submission\.toml: round = True: wanted a string or an integer"),
            ('language = "rust"', r"submission\.toml: language = 'rust': choose from: cuda, torch, triton"),
            ("language = 1", r"submission\.toml: language = 1: wanted a string"),
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
            KernelBenchError, match=r"round_1/submission\.toml: a variant has no submission\.toml of its own"
        ):
            Submission.load(tmp_path / "round_1", CATALOGUE)

    @pytest.mark.parametrize("part", ["round_1", "Fusion", "round_1/Fusion", "round_1/Fusion/attention.py", "relu.py"])
    def test_it_holds_for_every_part(self, tmp_path: Path, part: str) -> None:
        root = write(tmp_path / "geak", "relu.py", "round_1/Fusion/attention.py", "Fusion/attention.py")
        write(root, "submission.toml", text='language = "torch"')
        assert Submission.load(root / part, CATALOGUE).metadata.language == "torch"


class TestNames:
    @pytest.mark.parametrize(
        ("path", "name", "root", "variant"),
        [
            ("geak", "geak", "geak", None),
            ("geak/round_1", "geak", "geak", "round_1"),
            ("geak/../geak/round_1", "geak", "geak", "round_1"),
            ("geak/round_1/Fusion/attention.py", "attention.py", "geak", "round_1"),
            ("model/sample_0.jsonl", "model", "model", "sample_0"),
            ("model/predictions.jsonl", "predictions.jsonl", "model", None),
            ("submissions/round_7", "round_7", "submissions/round_7", None),
            ("random", "random", "random", None),
            ("random/sample_1", "random", "random", "sample_1"),
        ],
    )
    def test_the_last_component_that_is_no_variant(
        self, tmp_path: Path, path: str, name: str, root: str, variant: str | None
    ) -> None:
        write(tmp_path, "geak/round_1/Fusion/attention.py", "model/sample_0.jsonl", "model/predictions.jsonl")
        write(tmp_path, "submissions/round_7/relu.py", "random/sample_1/relu.py")
        source = Source.at(tmp_path / path)
        assert (source.name, source.root, source.variant) == (name, tmp_path / root, variant)


class TestFind:
    @pytest.fixture
    def base(self, tmp_path: Path) -> Path:
        write(tmp_path / "submissions", "geak/round_0/relu.py", "geak/round_1/relu.py", "other/relu.py", "empty/a.txt")
        write(tmp_path, "elsewhere/mine/relu.py", "elsewhere/mine/_help.py", "elsewhere/p.jsonl", "elsewhere/p.txt")
        return tmp_path

    def found(self, base: Path, *specs: str, cwd: str = "") -> list[str]:
        return [str(source.path.relative_to(base)) for source in find(specs, base, base / cwd)]

    @pytest.mark.parametrize(
        ("spec", "paths"),
        [
            ("geak", ["submissions/geak"]),
            ("geak/round_1", ["submissions/geak/round_1"]),
            ("submissions/geak", ["submissions/geak"]),
            ("elsewhere/mine", ["elsewhere/mine"]),
            ("./elsewhere/mine/relu.py", ["elsewhere/mine/relu.py"]),
            ("elsewhere/p.jsonl", ["elsewhere/p.jsonl"]),
            ("geak/round_*", ["submissions/geak/round_0", "submissions/geak/round_1"]),
            ("g*", ["submissions/geak"]),
            ("elsewhere/*", ["elsewhere/mine", "elsewhere/p.jsonl"]),
            ("elsewhere/mine/*", ["elsewhere/mine/relu.py"]),
        ],
    )
    def test_names_paths_and_globs(self, base: Path, spec: str, paths: list[str]) -> None:
        assert self.found(base, spec) == paths

    def test_absolute_paths_and_globs(self, base: Path) -> None:
        assert self.found(base, str(base / "submissions" / "geak")) == ["submissions/geak"]
        assert self.found(base, str(base / "submissions" / "geak" / "round_?")) == self.found(base, "geak/round_*")

    def test_the_home_folder(self, base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HOME", str(base / "elsewhere"))
        assert self.found(base, "~/mine") == ["elsewhere/mine"]

    def test_a_path_counts_from_where_pytest_was_started(self, base: Path) -> None:
        assert self.found(base, "mine", cwd="elsewhere") == ["elsewhere/mine"]
        assert self.found(base, "./mine", cwd="elsewhere") == ["elsewhere/mine"]

    def test_the_working_folder_is_where_paths_count_from(self, base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(base / "elsewhere")
        assert [source.path for source in find(["mine"], base)] == [base / "elsewhere" / "mine"]

    def test_a_name_wins_over_a_path(self, base: Path) -> None:
        write(base, "geak/relu.py")
        assert self.found(base, "geak") == ["submissions/geak"]
        assert self.found(base, "./geak") == ["geak"]

    def test_what_is_selected_twice_counts_once(self, base: Path) -> None:
        assert self.found(base, "geak", "other", "geak/round_1", "submissions/geak") == [
            "submissions/geak",
            "submissions/other",
        ]

    def test_two_submissions_of_one_name(self, base: Path) -> None:
        write(base, "elsewhere/geak/relu.py")
        with pytest.raises(
            KernelBenchError, match=r"submissions/geak and .*elsewhere/geak: both would be the submission geak"
        ):
            find(["geak", "elsewhere/geak"], base, base)

    @pytest.mark.parametrize("spec", ["gaek", "geek*"])
    def test_unknown(self, base: Path, spec: str) -> None:
        with pytest.raises(KernelBenchError) as caught:
            find([spec], base, base)
        assert str(caught.value).startswith(
            f"no submission '{spec}' in {base}/submissions, and no such file or folder: "
        )
        assert "did you mean geak" in str(caught.value)

    def test_unknown_variant(self, base: Path) -> None:
        with pytest.raises(
            KernelBenchError, match=r"no submission 'geak/round_7' .* did you mean geak/round_1, geak/round_0"
        ):
            find(["geak/round_7"], base, base)

    def test_unknown_lists_what_there_is(self, base: Path) -> None:
        with pytest.raises(KernelBenchError, match="choose from: empty, geak, geak/round_0, geak/round_1, other"):
            find(["zzz"], base, base)

    def test_nothing_asked_for(self, base: Path) -> None:
        with pytest.raises(KernelBenchError, match="no submission '' in"):
            find([""], base, base)

    def test_no_submissions_at_all(self, tmp_path: Path) -> None:
        with pytest.raises(KernelBenchError, match=r"no submission 'geak' in .*submissions, .*: there are none"):
            find(["geak"], tmp_path, tmp_path)

    def test_empty(self, base: Path) -> None:
        with pytest.raises(KernelBenchError, match=r"submissions/empty: no kernels; wanted"):
            find(["empty"], base, base)

    def test_other_files(self, base: Path) -> None:
        message = r"p\.txt: a submission is a folder, a \.py file or a file of JSON lines \(\.jsonl\)"
        with pytest.raises(KernelBenchError, match=message):
            find(["elsewhere/p.txt"], base, base)

    def test_all_submissions_are_none(self, base: Path) -> None:
        with pytest.raises(
            KernelBenchError, match=r"submissions: holds submissions and is none: choose from: empty, geak"
        ):
            find(["submissions"], base, base)


class TestCode:
    @pytest.mark.parametrize("tag", ["python", "py", "", "triton", "Python 3", "{.python}"])
    @pytest.mark.parametrize("end", ["```", "```\n", "```\n\nHope this helps!", ""])
    def test_fences_with_any_tag(self, tag: str, end: str) -> None:
        assert code_of(f"Here you are:\n\n```{tag}\n{CODE}{end}").rstrip() == CODE.rstrip()

    def test_fences_from_windows(self) -> None:
        assert code_of("Here:\r\n```python\r\nx = 1\r\n```\r\n") == "x = 1\r\n"

    def test_the_longest_block(self) -> None:
        assert code_of(f"Install:\n```sh\npip install x\n```\nthen\n```py\n{CODE}```\nand\n```\nrelu(3)\n```") == CODE

    def test_a_long_broken_block_is_what_was_submitted(self) -> None:
        broken = "def relu(input:\n    return input\n"
        assert code_of(f"```py\n{broken}```\nUse:\n```py\nrelu(3)\n```\n") == broken

    @pytest.mark.parametrize("tag", ["", "python"])
    def test_fences_in_a_docstring(self, tag: str) -> None:
        code = f'def relu(input):\n    """Rectify.\n\n    ```{tag}\n    relu(3)\n    ```\n    """\n    return input\n'
        assert code_of(code) == code
        assert code_of(f"Here:\n```python\n{code}```\n") == code

    def test_text_without_fences_stays_to_the_byte(self) -> None:
        for text in ("\n\n" + CODE, "no code at all", CODE.rstrip(), ""):
            assert code_of(text) == text

    @pytest.mark.parametrize("length", [146, 200])
    @pytest.mark.parametrize("end", ["\n", "\r\n", "  \n"])
    def test_the_appended_test_is_cut_off(self, length: int, end: str) -> None:
        assert code_of(CODE + "#" * length + end + "import torch\ntest()\n") == CODE

    def test_the_appended_test_is_cut_off_within_fences(self) -> None:
        assert code_of(f"```python\n{CODE}{'#' * 146}\ntest()\n```") == CODE

    @pytest.mark.parametrize("ruler", ["#" * 145, "#" * 146 + " kernels", "x = 1  " + "#" * 146])
    def test_other_rulers_cut_nothing(self, ruler: str) -> None:
        text = f"{CODE}{ruler}\nx = 1\n"
        assert code_of(text) == text

    def test_hostile_text_takes_no_time(self) -> None:
        code_of("```\nx = (\n" * 20_000)
        code_of("```" + " " * 100_000 + "`")
        code_of(" " * 100_000 + "#" * 100_000 + "x")

    def test_a_file_is_cut_and_stripped_when_it_is_read(self, tmp_path: Path) -> None:
        raw = f"\ufeff```python\n{CODE}```\n{'#' * 146}\ntest()\n".encode()
        (tmp_path / "relu.py").write_bytes(raw)
        kernel = kernel_of(tmp_path / "relu.py", tmp_path, CATALOGUE)
        assert kernel.text() == CODE
        assert kernel.sha256 == hashlib.sha256(raw).hexdigest()

    def test_bytes_that_are_no_text_are_no_crash(self, tmp_path: Path) -> None:
        (tmp_path / "relu.py").write_bytes(b"x = 1 # \xff\n")
        assert kernel_of(tmp_path / "relu.py", tmp_path, CATALOGUE).text() == "x = 1 # \ufffd\n"

    @pytest.mark.parametrize("code", ["def", "x = '\0'", "x = '\ud800'", "(" * 10_000, "-" * 100_000 + "1"])
    def test_what_is_not_python(self, code: str) -> None:
        assert syntax_error(code)

    def test_what_is_python(self) -> None:
        assert syntax_error(r"x = '\d'") is None
