"""Options and ini values, read once into frozen settings; nothing else looks at them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pytest_kernelbench.model.case import Case, parse
from pytest_kernelbench.model.errors import KernelBenchError, choices
from pytest_kernelbench.model.rules import RULES, allowed
from pytest_kernelbench.model.targets import TARGETS, Target, targets
from pytest_kernelbench.model.task import FACETS
from pytest_kernelbench.runner.sandbox import MODES

DEVICES = ("auto", "cuda", "interpreter", "cpu")
MISSING = ("hide", "skip", "fail")

OPTIONS: tuple[tuple[str, str, str, str | None], ...] = (
    ("submission", "NAME", "kernels to judge: a name under submissions/, a folder, a file or a glob; repeatable", None),
    ("device", "DEVICE", f"where kernels run: {', '.join(DEVICES)} (cpu: plain torch, no stand-in)", "auto"),
    ("examples", "N", "cases drawn per kernel beside the fixed ones", "48"),
    ("facets", "LIST", f"facets to try: {','.join(FACETS)}", ",".join(FACETS)),
    ("timeout", "SECONDS", "time limit per kernel; one call may take a quarter of it", "240"),
    ("target", "LIST", f"GPUs to compile for, by comma: {','.join(TARGETS)}", None),
    ("compile-timeout", "SECONDS", "time limit per kernel and target", "120"),
    ("allow", "LIST", f"what the audit does not reject, by comma: {','.join(RULES)}", None),
    ("results", "FILE", "append one JSON line per kernel to FILE as it is judged", None),
    ("sandbox", "MODE", "how kernels are confined: strict (or not run), best (as this machine can), off", "best"),
    ("missing", "WHAT", f"tasks without a kernel: {', '.join(MISSING)}", "hide"),
    ("tasks", "FOLDER", "folder of task files of your own, beside those that come with the plugin", None),
)  # fmt: skip
"""Name, placeholder, help and default of each option `--kb-NAME` and its ini twin `kb_NAME`, with `_` for `-`."""


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
        path = lambda text: config.invocation_params.dir / text  # noqa: E731
        return cls(
            submissions=submissions(config),
            device=read("device", _device),
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
    group.addoption("--kb-case", dest="kb_case", metavar="CASE", help="replay one case, as a failure printed it")


def submissions(config: pytest.Config) -> tuple[str, ...]:
    """Return what the user selects; readable before the rest of the options is."""
    given = config.known_args_namespace.kb_submission or config.getini("kb_submission").split()
    return tuple(given)


def _ini(name: str) -> str:
    return name.replace("-", "_")


def _one_of(text: str, legal: Iterable[str]) -> str:
    if text not in legal:
        raise ValueError(choices(text, legal))
    return text


def _device(text: str) -> str:
    device = _one_of(text, DEVICES)
    if device == "cuda":
        found = any(Path("/dev").glob("nvidia[0-9]*"))
        reason = "kernels are judged on the interpreter only so far" if found else "no GPU was found (no /dev/nvidia*)"
        raise ValueError(f"{reason}; choose from: auto, interpreter, cpu")
    return "interpreter" if device == "auto" else device


def _facets(text: str) -> tuple[str, ...]:
    asked = [_one_of(name.strip(), FACETS) for name in text.split(",") if name.strip()]
    if not asked:
        raise ValueError(choices("", FACETS))
    return tuple(facet for facet in FACETS if facet in asked)


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
