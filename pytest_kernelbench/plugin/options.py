"""The options and ini values of pytest, and the settings that are made from them; no other module reads options."""

from __future__ import annotations

import os
import shlex
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pytest_kernelbench.evaluation.options import OPTIONS, Option, completing, one_of, whole
from pytest_kernelbench.evaluation.settings import Settings, choose_device
from pytest_kernelbench.evaluation.shards import Shard
from pytest_kernelbench.gpus.pool import MODELS, Pool
from pytest_kernelbench.model.case import Case
from pytest_kernelbench.model.case_codec import parse
from pytest_kernelbench.model.errors import KernelBenchError
from pytest_kernelbench.model.judging import JudgingSettings

MISSING = ("hide", "skip", "fail")

KEEP, DISCARD = "keep", "discard"


SESSION_OPTIONS = {
    option.name: option
    for option in (
        Option("submission", "NAME", "kernels to judge: a name under submissions/, a folder, a file or a glob; "
               "repeatable", str),
        Option("kernel", "NAME", "a kernel in a package: module:function, or task=module:function where the "
               "function has another name; repeatable", str),
        Option("results", "FILE", "append one JSON line per kernel to FILE as it is judged", Path),
        Option("report", "FILE.html", "write the results as one HTML page when the run ends", Path),
        Option("missing", "WHAT", f"tasks without a kernel: {', '.join(MISSING)}", one_of(MISSING), "hide"),
        Option("gpu", "MODEL", "the model of GPU to use where there are several, or `each` (default: the first GPU's)",
               str.strip),
        Option("workers-per-gpu", "N", "workers per GPU for -n auto; only one of them times at once", whole(1), "1"),
        Option("compiled", "WHAT", f"what Triton compiled for a kernel on a GPU: {KEEP} (in the user's cache folder, "
               f"for the timing of the same kernel) or {DISCARD}", one_of((KEEP, DISCARD)), KEEP),
        Option("shard", "I/N", "judge the I-th of N parts of the kernels, on N machines or one after the other",
               Shard.parse),
    )
}  # fmt: skip
"""The options that select kernels and say where results go; no verdict depends on them."""

REPEATABLE = ("submission", "kernel", "env")
"""Options that may be given several times; their ini values are lists by white space."""

REPLAYED = ("tasks", "path", "env", "device", "gpu", "allow", "sandbox", "timeout")
"""Options on which the verdict on one case depends."""

_ALL = {**SESSION_OPTIONS, **OPTIONS}

_RESUME = "do not judge a kernel again whose record is in the file of --kb-results; report that record"


@dataclass(frozen=True, slots=True)
class Reporting:
    """Where results are shown, beside the terminal."""

    report: Path | None = None
    """The HTML page that is written at the end."""
    checkout: Path | None = None
    """The checkout, where GitHub Actions runs this session and shows annotations."""


def add_options(parser: pytest.Parser) -> None:
    """Declare every option with its ini twin; defaults live in the ini, so that an option that is given always wins."""
    group = parser.getgroup("kernelbench", "judge GPU kernels")
    for option in _ALL.values():
        action = "append" if option.name in REPEATABLE else "store"
        dest = f"kb_{_ini(option.name)}"
        group.addoption(
            f"--kb-{option.name}", dest=dest, action=action, metavar=option.placeholder, help=option.described
        )
        parser.addini(dest, help=option.help, default=option.default or "")
    group.addoption("--kb-resume", dest="kb_resume", action="store_true", help=_RESUME)
    parser.addini("kb_resume", help=_RESUME, type="bool", default=False)
    group.addoption("--kb-case", dest="kb_case", metavar="CASE", help="replay one case, as a failure printed it")


def selected(config: pytest.Config) -> tuple[str, ...]:
    """Return the selected submissions; works before pytest has parsed all options."""
    # Where the plugin was registered late, by the conftest of a checkout, only the later namespace has the option.
    parsed = [getattr(namespace, "kb_submission", None) for namespace in (config.known_args_namespace, config.option)]
    return tuple(parsed[0] or parsed[1] or config.getini("kb_submission").split())


def _kernels(config: pytest.Config) -> tuple[str, ...]:
    """Return the kernels that are named."""
    return tuple(config.getoption("kb_kernel") or config.getini("kb_kernel").split())


def workers_per_gpu(config: pytest.Config) -> int:
    """Return the number of workers per GPU for `-n auto`; raises `pytest.UsageError`."""
    return int(_reader(config)("workers-per-gpu"))


def read_settings(config: pytest.Config, *, judges: bool = False) -> Settings:
    """Read options and ini values; raises `pytest.UsageError` that names the option and the legal values.

    `judges` says that there are kernels, although no option selects any: in the user's own tests.
    """
    read = _reader(config)
    resume = bool(config.getoption("kb_resume") or config.getini("kb_resume"))
    results = read("results")
    read("workers-per-gpu")  # used with -n auto only, but a bad value is refused without it, too
    if resume and results is None:
        raise pytest.UsageError("--kb-resume: needs --kb-results=FILE, whose records it goes on from")
    here = config.invocation_params.dir
    if results is not None and (reason := _unfit(here / results, lambda line: line.startswith("{"))):
        raise pytest.UsageError(f"--kb-results={results}: {reason}")
    submissions, kernels = selected(config), _kernels(config)
    device, uuid, pool = read("device"), None, Pool()
    if submissions or kernels or judges:  # otherwise nothing runs, and the GPU driver is not asked
        told = getattr(config, "workerinput", {}).get(MODELS)
        try:
            device, uuid, pool = choose_device(device, read("gpu"), told)
        except KernelBenchError as error:
            raise pytest.UsageError(str(error)) from None
    tasks, targets = read("tasks"), read("target")
    return Settings(
        judging=JudgingSettings(
            device=device,
            gpu_uuid=uuid,
            facets=read("facets"),
            examples=read("examples"),
            case=_case(config),
            seed=config.getoption("--hypothesis-seed", None),
            allow=read("allow") or (),
            sandbox=read("sandbox"),
            paths=read("path") or (),
            environment=read("env") or (),
            timeout=read("timeout"),
            target=completing(targets),
            compile_timeout=read("compile-timeout"),
            baselines=read("baseline"),
        ),
        submissions=submissions,
        kernels=kernels,
        tasks=here / tasks if tasks is not None else None,
        targets=targets or (),
        pool=pool,
        results=here / results if results is not None else None,
        resume=resume,
        shard=read("shard"),
        missing=read("missing"),
        keeps_code=read("compiled") == KEEP,
        asks_for_speed=_asks_for_speed(config),
    )


def add_gpu_markers(config: pytest.Config, pool: Pool) -> None:
    """Register a marker for each model of GPU, which items bear."""
    for model in (*pool.models, *pool.others):
        config.addinivalue_line("markers", f"gpu_{model}: what runs on that model of GPU")


def replayed(config: pytest.Config) -> list[str]:
    """Return the options of the command line that a replay of one case needs, too."""
    given = ((name, config.getoption(f"kb_{_ini(name)}") or []) for name in REPLAYED)
    texts = ((name, text) for name, value in given for text in ([value] if isinstance(value, str) else value))
    return [f"--kb-{name}={shlex.quote(text)}" for name, text in texts if text]


def read_reporting(config: pytest.Config) -> Reporting:
    """Read where results are shown; raises `pytest.UsageError` for a report that cannot be written."""
    checkout = None
    if os.environ.get("GITHUB_ACTIONS") == "true":
        checkout = Path(os.environ.get("GITHUB_WORKSPACE") or config.invocation_params.dir)
    report = _reader(config)("report")
    if report is None:
        return Reporting(None, checkout)
    file = config.invocation_params.dir / report
    if reason := _unfit(file, lambda line: line.lower().startswith("<!doctype html")) or _unwritable(file):
        raise pytest.UsageError(f"--kb-report={report}: {reason}")
    return Reporting(file, checkout)


def _reader(config: pytest.Config) -> Callable[[str], Any]:
    """Return a function that reads an option by name; its result is None for an option without a value."""

    def read(name: str) -> Any:
        given = config.getoption(f"kb_{_ini(name)}")
        text = given if given is not None else config.getini(f"kb_{_ini(name)}")
        if text in (None, ""):
            return None
        try:
            if name in REPEATABLE and isinstance(text, str):
                text = text.split()
            return _ALL[name].checked(text, f"--kb-{name}")
        except KernelBenchError as error:
            raise pytest.UsageError(str(error)) from None

    return read


def _unfit(file: Path, is_ours: Callable[[str], bool]) -> str:
    """Return why results must not be written to a file, or nothing.

    `is_ours` tells from the first line of an existing file whether this project wrote it.
    """
    if file.is_dir():
        return "is a folder; expected the name of a file"
    if file.is_file() and (first := _first_line(file)) and not is_ours(first):
        return "is a file of another kind, which would be spoilt"
    return ""


def _unwritable(file: Path) -> str:
    """Return why a file cannot be written, or nothing; tried before the session, not after hours of judging."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=file.parent):
            return ""
    except OSError as error:
        return f"cannot be written: {error.strerror or error}"


def _first_line(file: Path) -> str:
    """Return the first line of a file that is not blank."""
    with file.open(encoding="utf-8", errors="replace") as stream:
        return next((line.strip() for line in stream if line.strip()), "")


def _case(config: pytest.Config) -> Case | None:
    source = config.getoption("kb_case")
    try:
        return parse(source) if source else None
    except KernelBenchError as error:
        raise pytest.UsageError(f"--kb-case: {error}") from None


def _ini(name: str) -> str:
    return name.replace("-", "_")


def _asks_for_speed(config: pytest.Config) -> bool:
    expressions = f"{config.getoption('markexpr', '')} {config.getoption('keyword', '')}"
    by_name = "speed" in expressions or config.getoption("benchmark_only", False)
    return by_name or any("::speed[" in str(argument) for argument in config.args)
