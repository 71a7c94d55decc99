"""Sources: what `--kb-submission` selects, and which of its files hold kernels."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_kernelbench.model.errors import KernelBenchError
from pytest_kernelbench.model.source import Source, find, holds_kernels, kernel_files, stem_of, variant_of

CODE = "def relu(input):\n    return input\n"


def write(root: Path, *names: str, text: str = CODE) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


class TestFiles:
    def test_what_is_no_kernel(self, tmp_path: Path) -> None:
        write(tmp_path, "relu.py", "_help.py", ".x.py", "__pycache__/a.py", ".git/b.py", "_old/c.py", text=CODE)
        write(tmp_path, "README.md", "README.py", "LICENSE", "LICENCE.py", "notes.txt", "Fusion/kernel.cu")
        write(tmp_path, "submission.toml", text="")
        assert kernel_files(tmp_path) == [tmp_path / "relu.py"]

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

    @pytest.mark.parametrize("name", ["relu.py", "predictions.jsonl", "my_README.py"])
    def test_names_that_may_hold_kernels(self, name: str) -> None:
        assert holds_kernels(name)

    @pytest.mark.parametrize(
        "name", ["_help.py", ".x.py", "readme.py", "LICENCE.jsonl", "kernel.cu", "submission.toml"]
    )
    def test_names_that_hold_no_kernels(self, name: str) -> None:
        assert not holds_kernels(name)

    @pytest.mark.parametrize("file", ["Fusion/attention.py", "Fusion\\attention.py", "attention.py", "attention"])
    def test_the_stem_of_a_path_of_any_system(self, file: str) -> None:
        assert stem_of(file) == "attention"


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
        with pytest.raises(KernelBenchError, match=r"submissions/geak and .*elsewhere/geak: both are named geak"):
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
        with pytest.raises(KernelBenchError, match=r"submissions/empty: no kernels; expected"):
            find(["empty"], base, base)

    def test_other_files(self, base: Path) -> None:
        message = r"p\.txt: a submission is a folder, a \.py file or a file of JSON lines \(\.jsonl\)"
        with pytest.raises(KernelBenchError, match=message):
            find(["elsewhere/p.txt"], base, base)

    def test_all_submissions_are_none(self, base: Path) -> None:
        with pytest.raises(
            KernelBenchError, match=r"submissions: holds submissions, but is not one: choose from: empty, geak"
        ):
            find(["submissions"], base, base)
