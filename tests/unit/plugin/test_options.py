"""Options of pytest and their ini twins, read once into settings."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pytest_kernelbench.evaluation import settings as evaluation_settings
from pytest_kernelbench.evaluation.options import OPTIONS
from pytest_kernelbench.evaluation.shards import Shard
from pytest_kernelbench.gpus.inventory import PRETENDED
from pytest_kernelbench.gpus.pool import MODELS
from pytest_kernelbench.model.case import Case
from pytest_kernelbench.model.judging import JudgingSettings
from pytest_kernelbench.plugin import options
from pytest_kernelbench.plugin.options import SESSION_OPTIONS, Reporting, read_reporting, read_settings, selected

GPUS = "0, GPU-1, NVIDIA H100, 81559, 580.1\n1, GPU-2, NVIDIA A100, 81920, 580.1"


class Config:
    """Stands in for `pytest.Config`: options of the command line, and ini values beside their defaults."""

    def __init__(self, directory: Path, *args: str, ini: dict[str, Any] | None = None, **given: Any) -> None:
        self._given = given
        self._ini = {f"kb_{name.replace('-', '_')}": option.default or "" for name, option in options._ALL.items()}
        self._ini |= {"kb_resume": False, **(ini or {})}
        self.args = list(args)
        self.known_args_namespace = self.option = SimpleNamespace(kb_submission=given.get("kb_submission"))
        self.invocation_params = SimpleNamespace(dir=directory)

    def getoption(self, name: str, default: Any = None) -> Any:
        return self._given.get(name.removeprefix("--").replace("-", "_"), default)

    def getini(self, name: str) -> Any:
        return self._ini[name]


@pytest.fixture(autouse=True)
def machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without a GPU, and no GitHub Actions."""
    monkeypatch.setenv(PRETENDED, "")
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)


def config(tmp_path: Path, *args: str, **given: Any) -> Any:
    return Config(tmp_path, *args, **given)


def test_without_a_submission_nothing_is_judged_and_no_device_chosen(tmp_path: Path) -> None:
    found = read_settings(config(tmp_path))
    assert found.submissions == ()
    assert found.judging == JudgingSettings(device="auto")
    assert (found.missing, found.targets, found.shard, found.results, found.tasks) == ("hide", (), None, None, None)


def test_every_option_of_the_command_line(tmp_path: Path) -> None:
    found = read_settings(config(
        tmp_path, kb_submission=["mine", "geak/round_1"], kb_device="cpu", kb_examples="7", kb_facets="sizes,basic",
        kb_timeout="3", kb_target="sm_90,gfx942", kb_compile_timeout="2.5", kb_baseline="compile,eager",
        kb_allow="clocks", kb_sandbox="strict", kb_tasks="own", kb_results="out/results.jsonl", kb_resume=True,
        kb_missing="fail", kb_shard="2/4", kb_case="Case(x=1)", hypothesis_seed="9",
    ))  # fmt: skip
    assert found.judging == JudgingSettings(
        device="cpu", facets=("basic", "sizes"), examples=7, case=Case(x=1), seed="9", allow=("clocks",),
        sandbox="strict", timeout=3.0, compile_timeout=2.5, baselines=("eager", "compile"),
    )  # fmt: skip
    assert found.submissions == ("mine", "geak/round_1")
    assert [target.name for target in found.targets] == ["sm_90", "gfx942"]
    assert (found.tasks, found.results, found.resume) == (tmp_path / "own", tmp_path / "out" / "results.jsonl", True)
    assert (found.missing, found.shard) == ("fail", Shard(2, 4))


def test_ini_values_hold_where_the_command_line_says_nothing(tmp_path: Path) -> None:
    ini = {"kb_submission": "mine geak", "kb_device": "cpu", "kb_examples": "7", "kb_resume": True,
           "kb_results": "results.jsonl", "kb_missing": "skip"}  # fmt: skip
    found = read_settings(config(tmp_path, ini=ini, kb_examples="3"))
    assert (found.submissions, found.judging.device, found.judging.examples) == (("mine", "geak"), "cpu", 3)
    assert (found.resume, found.results, found.missing) == (True, tmp_path / "results.jsonl", "skip")


def test_absolute_paths_stay(tmp_path: Path) -> None:
    found = read_settings(config(tmp_path / "deep", kb_results=f"{tmp_path}/r.jsonl", kb_tasks=f"{tmp_path}/own"))
    assert (found.results, found.tasks) == (tmp_path / "r.jsonl", tmp_path / "own")


def test_submissions_are_known_before_the_other_options(tmp_path: Path) -> None:
    assert selected(config(tmp_path, kb_submission=["a", "b"], ini={"kb_submission": "c"})) == ("a", "b")
    assert selected(config(tmp_path, ini={"kb_submission": "c d"})) == ("c", "d")
    assert selected(config(tmp_path)) == ()
    late = config(tmp_path)
    late.known_args_namespace, late.option = SimpleNamespace(), SimpleNamespace(kb_submission=["a"])
    assert selected(late) == ("a",)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"kb_timeout": "0"}, "--kb-timeout=0: expected a number of seconds above 0"),
        ({"kb_compile_timeout": "x"}, "--kb-compile-timeout=x: expected a number of seconds above 0"),
        ({"kb_missing": "show"}, "--kb-missing=show: choose from: fail, hide, skip"),
        ({"kb_shard": "3/2"}, "--kb-shard=3/2: expected I/N with I from 1 to N"),
        ({"kb_target": "sm_91"}, "--kb-target=sm_91: unknown target sm_91"),
        ({"kb_case": "Case(x=y)"}, "--kb-case: not a case: "),
        ({"kb_resume": True}, "--kb-resume: needs --kb-results=FILE"),
        ({"ini": {"kb_device": "gpu"}}, "--kb-device=gpu: did you mean cpu?"),
        ({"kb_submission": ["x"], "kb_device": "cuda"}, "--kb-device=cuda: no GPU was found"),
    ],
)
def test_mistakes(tmp_path: Path, given: dict[str, Any], message: str) -> None:
    with pytest.raises(pytest.UsageError) as error:
        read_settings(config(tmp_path, **given))
    assert str(error.value).startswith(message)


class TestGpus:
    @pytest.fixture(autouse=True)
    def two_gpus(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv(PRETENDED, GPUS)
        monkeypatch.setattr(evaluation_settings, "torch_has_cuda", lambda: True)

    def test_the_first_model_unless_another_is_asked_for(self, tmp_path: Path) -> None:
        mine = ["mine"]
        assert read_settings(config(tmp_path, kb_submission=mine)).judging.device == "cuda:h100"
        found = read_settings(config(tmp_path, kb_submission=mine, kb_gpu=" a100 "))
        assert (found.judging.device, found.judging.gpu_uuid) == ("cuda:a100", "GPU-2")
        assert found.pool.models == ("a100",)

    def test_a_worker_has_the_models_of_its_controller(self, tmp_path: Path) -> None:
        worker = config(tmp_path, kb_submission=["mine"], kb_gpu="each")
        worker.workerinput = {MODELS: ["h100", "a100"]}
        assert read_settings(worker).pool.models == ("h100", "a100")

    def test_workers_per_gpu(self, tmp_path: Path) -> None:
        assert options.workers_per_gpu(config(tmp_path)) == 1
        assert options.workers_per_gpu(config(tmp_path, kb_workers_per_gpu="3")) == 3
        with pytest.raises(pytest.UsageError, match="--kb-workers-per-gpu=0: expected a whole number of at least 1"):
            options.workers_per_gpu(config(tmp_path, kb_workers_per_gpu="0"))


@pytest.mark.parametrize(
    ("args", "given", "asks"),
    [
        ((), {}, False),
        ((), {"markexpr": "speed"}, True),
        ((), {"keyword": "relu and speed"}, True),
        ((), {"benchmark_only": True}, True),
        (("mine/relu.py::speed[rows]",), {}, True),
        (("mine/relu.py::correctness",), {"markexpr": "correctness"}, False),
    ],
)
def test_whether_speed_is_asked_for_by_name(
    tmp_path: Path, args: tuple[str, ...], given: dict[str, Any], asks: bool
) -> None:
    assert read_settings(config(tmp_path, *args, **given)).asks_for_speed is asks


class TestReporting:
    def test_nothing_by_default(self, tmp_path: Path) -> None:
        assert read_reporting(config(tmp_path)) == Reporting(None, None)

    def test_a_page_and_its_folder(self, tmp_path: Path) -> None:
        assert read_reporting(config(tmp_path, kb_report="deep/page.html")).report == tmp_path / "deep" / "page.html"
        assert (tmp_path / "deep").is_dir()

    def test_a_page_that_cannot_be_written(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        for where, reason in (
            (".", "is a folder; expected the name of a file"),
            ("file/x.html", "cannot be written: "),
        ):
            with pytest.raises(pytest.UsageError) as error:
                read_reporting(config(tmp_path, kb_report=where))
            assert str(error.value).startswith(f"--kb-report={where}: {reason}")

    @pytest.mark.parametrize(("value", "checkout"), [("true", "/checkout"), ("1", None)])
    def test_annotations_where_github_runs_the_session(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str, checkout: str | None
    ) -> None:
        monkeypatch.setenv("GITHUB_ACTIONS", value)
        monkeypatch.setenv("GITHUB_WORKSPACE", "/checkout")
        assert read_reporting(config(tmp_path)).checkout == (Path(checkout) if checkout else None)
        monkeypatch.delenv("GITHUB_WORKSPACE")
        assert read_reporting(config(tmp_path)).checkout == (tmp_path if checkout else None)


def test_each_option_is_declared_with_its_twin() -> None:
    declared: dict[str, Any] = {}
    ini: dict[str, Any] = {}
    group = SimpleNamespace(addoption=lambda name, **fields: declared.update({name: fields}))
    parser = SimpleNamespace(getgroup=lambda *names: group, addini=lambda name, **fields: ini.update({name: fields}))
    options.add_options(parser)  # type: ignore[arg-type]
    names = [*SESSION_OPTIONS, *OPTIONS]
    assert list(declared) == [f"--kb-{name}" for name in [*names, "resume", "case"]]
    assert set(ini) == {f"kb_{name.replace('-', '_')}" for name in [*names, "resume"]}
    assert declared["--kb-submission"]["action"] == "append"
    for name, option in OPTIONS.items():
        fields = declared[f"--kb-{name}"]
        assert fields["help"].startswith(option.help)
        assert "default" not in fields  # so that an option that is given always wins over the ini file
        assert ini[f"kb_{name.replace('-', '_')}"]["default"] == (option.default or "")


def test_a_bad_number_of_workers_is_refused_without_n_auto_too(tmp_path: Path) -> None:
    with pytest.raises(pytest.UsageError, match="--kb-workers-per-gpu=0: expected a whole number of at least 1"):
        read_settings(config(tmp_path, kb_workers_per_gpu="0"))
