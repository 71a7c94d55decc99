"""Options and ini values, read once into frozen settings; nothing else looks at them."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from pytest_kernelbench.devices.listing import Gpu, every, gpus, torch_has_cuda
from pytest_kernelbench.devices.pool import EACH, MODELS, Pool
from pytest_kernelbench.model.case import Case, parse
from pytest_kernelbench.model.errors import KernelBenchError, choices
from pytest_kernelbench.model.rules import RULES, allowed
from pytest_kernelbench.model.targets import TARGETS, Target, targets
from pytest_kernelbench.model.task import FACETS
from pytest_kernelbench.runner.sandbox import MODES
from pytest_kernelbench.shards import Shard

DEVICES = ("auto", "cuda", "interpreter", "cpu")
BASELINES = ("eager", "compile")
MISSING = ("hide", "skip", "fail")

OPTIONS: tuple[tuple[str, str, str, str | None], ...] = (
    ("submission", "NAME", "kernels to judge: a name under submissions/, a folder, a file or a glob; repeatable", None),
    ("device", "DEVICE", f"where kernels run: {', '.join(DEVICES)} (cpu: plain torch, no stand-in)", "auto"),
    ("examples", "N", "cases drawn per kernel beside the fixed ones", "48"),
    ("facets", "LIST", f"facets to try: {','.join(FACETS)}", ",".join(FACETS)),
    ("timeout", "SECONDS", "time limit per kernel; one call may take a quarter of it", "240"),
    ("target", "LIST", f"GPUs to compile for, by comma: {','.join(TARGETS)}", None),
    ("compile-timeout", "SECONDS", "time limit per kernel and target", "120"),
    ("baseline", "LIST", f"what kernels are timed beside, by comma: {', '.join(BASELINES)}", "eager"),
    ("allow", "LIST", f"what the audit does not reject, by comma: {','.join(RULES)}", None),
    ("results", "FILE", "append one JSON line per kernel to FILE as it is judged", None),
    ("report", "FILE.html", "write the results as one HTML page when the run ends", None),
    ("sandbox", "MODE", "how kernels are confined: strict (or not run), best (as this machine can), off", "best"),
    ("missing", "WHAT", f"tasks without a kernel: {', '.join(MISSING)}", "hide"),
    ("gpu", "MODEL", "the model of GPU to use where there are several, or `each` (default: the first GPU's)", None),
    ("workers-per-gpu", "N", "workers a GPU for -n auto; only one of them times at once", "1"),
    ("tasks", "FOLDER", "folder of task files of your own, beside those that come with the plugin", None),
    ("shard", "I/N", "judge the I-th of N parts of the kernels, on N machines or one after the other", None),
)  # fmt: skip
"""Name, placeholder, help and default of each option `--kb-NAME` and its ini twin `kb_NAME`, with `_` for `-`."""

_RESUME = "judge nothing whose record is in the file of --kb-results: report that again"


@dataclass(frozen=True, slots=True)
class Settings:
    """What the user asked for, checked."""

    submissions: tuple[str, ...]
    device: str
    examples: int
    facets: tuple[str, ...]
    timeout: float
    results: Path | None
    missing: str
    tasks: Path | None
    case: Case | None
    seed: str | None = None
    targets: tuple[Target, ...] = ()
    compile_timeout: float = 120.0
    allow: tuple[str, ...] = ()
    sandbox: str = "best"
    baselines: tuple[str, ...] = BASELINES[:1]
    asks_for_speed: bool = False
    """Whether the user names items of speed: where a device cannot time them, they are collected only then."""
    report: Path | None = None
    annotate: Path | None = None
    """The checkout, where GitHub Actions runs this session and shows annotations."""
    resume: bool = False
    shard: Shard | None = None
    pool: Pool = field(default_factory=Pool)
    """The GPUs of the session, with the device `cuda`."""
    workers_per_gpu: int = 1

    @property
    def gpu(self) -> Gpu | None:
        """Where kernels of this process run, with the device `cuda`."""
        return self.pool.gpus[0] if self.pool.gpus else None

    @property
    def place(self) -> str:
        """Name of the device in records: `cuda:` and the GPU's model, `interpreter` or `cpu`."""
        return f"cuda:{self.gpu.slug}" if self.gpu else self.device

    @property
    def runner_device(self) -> str:
        """The device as runners are told: a GPU by its UUID."""
        return f"cuda:{self.gpu.uuid}" if self.gpu else self.device

    @classmethod
    def from_config(cls, config: pytest.Config) -> Settings:
        """Read options and ini values; raises `pytest.UsageError` that names the option and the legal values."""

        def read(name: str, check: Callable[[str], Any]) -> Any:
            option = config.getoption(f"kb_{_ini(name)}")
            text = option if option is not None else config.getini(f"kb_{_ini(name)}")
            if text in (None, ""):
                return None
            try:
                return check(text)
            except (ValueError, KernelBenchError) as error:
                raise pytest.UsageError(f"--kb-{name}={text}: {error}") from None

        source = config.getoption("kb_case")
        try:
            case = parse(source) if source else None
        except KernelBenchError as error:
            raise pytest.UsageError(f"--kb-case: {error}") from None
        resume = bool(config.getoption("kb_resume") or config.getini("kb_resume"))
        if resume and read("results", str) is None:
            raise pytest.UsageError("--kb-resume: needs --kb-results=FILE, whose records it goes on from")
        path = lambda text: config.invocation_params.dir / text  # noqa: E731
        selected = submissions(config)
        device = read("device", _device)
        # Without a submission nothing runs, and no driver need be asked.
        told = getattr(config, "workerinput", {}).get(MODELS)
        device, pool = _chosen(device, read("gpu", str.strip), told) if selected else (device, Pool())
        return cls(
            submissions=selected,
            device=device,
            pool=pool,
            examples=read("examples", lambda text: _whole(text, 0)),
            facets=read("facets", _facets),
            timeout=read("timeout", _seconds),
            results=read("results", path),
            missing=read("missing", lambda text: _one_of(text, MISSING)),
            tasks=read("tasks", path),
            case=case,
            seed=config.getoption("--hypothesis-seed", None),
            targets=read("target", targets) or (),
            compile_timeout=read("compile-timeout", _seconds),
            baselines=read("baseline", _baselines),
            asks_for_speed=_asks_for_speed(config),
            report=read("report", lambda text: _writable(config.invocation_params.dir / text)),
            annotate=_checkout(config.invocation_params.dir),
            resume=resume,
            shard=read("shard", Shard.parse),
            workers_per_gpu=read("workers-per-gpu", lambda text: _whole(text, 1)),
            allow=read("allow", allowed) or (),
            sandbox=read("sandbox", lambda text: _one_of(text, MODES)),
        )


def add_options(parser: pytest.Parser) -> None:
    """Declare every option with its ini twin; defaults live in the ini, so that an option that is given always wins."""
    group = parser.getgroup("kernelbench", "judge GPU kernels")
    for name, placeholder, text, default in OPTIONS:
        action = "append" if name == "submission" else "store"
        shown = f" (default: {default})" if default else ""
        group.addoption(f"--kb-{name}", dest=f"kb_{_ini(name)}", action=action, metavar=placeholder, help=text + shown)
        parser.addini(f"kb_{_ini(name)}", help=text, default=default or "")
    group.addoption("--kb-resume", dest="kb_resume", action="store_true", help=_RESUME)
    parser.addini("kb_resume", help=_RESUME, type="bool", default=False)
    group.addoption("--kb-case", dest="kb_case", metavar="CASE", help="replay one case, as a failure printed it")


def submissions(config: pytest.Config) -> tuple[str, ...]:
    """Return what the user selects; readable before the rest of the options is."""
    given = config.known_args_namespace.kb_submission or config.getini("kb_submission").split()
    return tuple(given)


def _writable(file: Path) -> Path:
    """Return the path of a file to be written at the end; that it can be is tried now, not after a night of judging."""
    if file.is_dir():
        raise ValueError("is a folder; wanted the name of a file")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=file.parent):
            return file
    except OSError as error:
        raise ValueError(f"cannot be written: {error.strerror or error}") from None


def _checkout(here: Path) -> Path | None:
    """Return the checkout that GitHub Actions works in, or None elsewhere."""
    if os.environ.get("GITHUB_ACTIONS") != "true":
        return None
    return Path(os.environ.get("GITHUB_WORKSPACE") or here)


def _ini(name: str) -> str:
    return name.replace("-", "_")


def _one_of(text: str, legal: Iterable[str]) -> str:
    if text not in legal:
        raise ValueError(choices(text, legal))
    return text


def _device(text: str) -> str:
    return _one_of(text, DEVICES)


def _chosen(asked: str, model: str | None = None, told: list[str] | None = None) -> tuple[str, Pool]:
    """Return where kernels run, and the GPUs if it is there: of those that the caller may use, those of a model.

    `told` are the models that a worker of xdist knows from its controller.
    """
    if asked not in ("auto", "cuda"):
        return asked, Pool()
    try:
        found = gpus()
        lacking = "no GPU was found" if not found else "" if torch_has_cuda() else "torch was built without CUDA"
        if not lacking:
            return "cuda", Pool.of(found, model) if told is None else Pool(found, tuple(told))
    except KernelBenchError as error:
        raise pytest.UsageError(str(error)) from None
    if asked == "auto" and model in (None, EACH):
        return "interpreter", Pool()
    hidden = "" if found or not every() else f" (CUDA_VISIBLE_DEVICES={os.environ['CUDA_VISIBLE_DEVICES']} hides it)"
    if asked == "auto":
        raise pytest.UsageError(f"--kb-gpu={model}: {lacking}{hidden}")
    raise pytest.UsageError(f"--kb-device=cuda: {lacking}{hidden}; choose from: auto, interpreter, cpu")


def _facets(text: str) -> tuple[str, ...]:
    asked = [_one_of(name.strip(), FACETS) for name in text.split(",") if name.strip()]
    if not asked:
        raise ValueError(choices("", FACETS))
    return tuple(facet for facet in FACETS if facet in asked)


def _baselines(text: str) -> tuple[str, ...]:
    asked = dict.fromkeys(_one_of(name.strip(), BASELINES) for name in text.split(",") if name.strip())
    if "eager" not in asked:
        raise ValueError("wanted eager among the baselines: it is what the reference is")
    return ("eager", *(name for name in asked if name != "eager"))


def _asks_for_speed(config: pytest.Config) -> bool:
    expressions = f"{config.getoption('markexpr', '')} {config.getoption('keyword', '')}"
    by_name = "speed" in expressions or config.getoption("benchmark_only", False)
    return by_name or any("::speed[" in str(argument) for argument in config.args)


def _whole(text: str, least: int) -> int:
    if not text.strip().isdigit() or int(text) < least:
        raise ValueError(f"wanted a whole number of at least {least}")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 < seconds < float("inf"):
        raise ValueError("wanted a number of seconds above 0")
    return seconds
