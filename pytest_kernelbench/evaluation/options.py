"""The options that decide verdicts, with name, help, default and check: for pytest, the command line and programs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pytest_kernelbench.model.errors import KernelBenchError, choices
from pytest_kernelbench.model.judging import BASELINES, SANDBOX_MODES, JudgingSettings
from pytest_kernelbench.model.rules import RULES
from pytest_kernelbench.model.targets import DEFAULT, TARGETS, Target, target
from pytest_kernelbench.model.task import ALL_FACETS, FACETS
from pytest_kernelbench.model.variables import checked, merged, parse

DEVICES = ("auto", "cuda", "interpreter", "cpu")
"""Values of `device`; `auto` is a GPU where there is one, else the interpreter."""

NO_TARGET = "none"
"""Value of `target` with which nothing is compiled."""

_DEFAULTS = JudgingSettings()


@dataclass(frozen=True, slots=True)
class Option:
    """One option, `--kb-NAME` in pytest with its ini twin `kb_NAME`, `--NAME` on the command line."""

    name: str
    placeholder: str
    help: str
    check: Callable[[Any], Any]
    """Returns the value as settings have it, from a text or from a program's value; raises `ValueError` or
    `KernelBenchError` with the legal values."""
    default: str | None = None

    @property
    def described(self) -> str:
        """The help text, with the default."""
        return self.help + (f" (default: {self.default})" if self.default else "")

    def checked(self, value: Any, shown: str | None = None) -> Any:
        """Return the value as settings have it; raises `KernelBenchError` that names the option and the legal values.

        `shown` is how the user knows the option, by default its name.
        """
        try:
            return self.check(value)
        except (ValueError, KernelBenchError) as error:
            raise KernelBenchError(f"{shown or self.name}={_written(value)}: {error}") from None


def one_of(legal: Iterable[str]) -> Callable[[str], str]:
    """Return the check of an option with a few legal values."""
    names = tuple(legal)

    def check(text: str) -> str:
        if text not in names:
            raise ValueError(choices(str(text), names))
        return text

    return check


def whole(least: int) -> Callable[[str | int], int]:
    """Return the check of a whole number of at least `least`."""

    def check(value: str | int) -> int:
        text = str(value).strip()
        if not text.isdigit() or int(text) < least:
            raise ValueError(f"expected a whole number of at least {least}")
        return int(text)

    return check


def _names(value: str | Iterable[str]) -> list[str]:
    """Return the names in a list by comma, or in a program's sequence, each of them once."""
    parts = value.split(",") if isinstance(value, str) else value
    return list(dict.fromkeys(name.strip() for name in parts if name.strip()))


def _facets(value: str | Iterable[str]) -> tuple[str, ...]:
    asked = [one_of(ALL_FACETS)(name) for name in _names(value)]
    if not asked:
        raise ValueError(choices("", ALL_FACETS))
    return tuple(facet for facet in ALL_FACETS if facet in asked)


def _baselines(value: str | Iterable[str]) -> tuple[str, ...]:
    asked = [one_of(BASELINES)(name) for name in _names(value)]
    if "eager" not in asked:
        raise ValueError("expected eager among the baselines: the reference is written in eager PyTorch")
    return ("eager", *(name for name in asked if name != "eager"))


def _rules(value: str | Iterable[str]) -> tuple[str, ...]:
    return tuple(one_of(RULES)(name) for name in _names(value))


def _paths(value: str | Iterable[str]) -> tuple[str, ...]:
    """Return folders by their absolute paths; raises `ValueError` for one that is not there."""
    found = [Path(name).expanduser().absolute() for name in _names(value)]
    for folder in found:
        if not folder.is_dir():
            raise ValueError(f"{folder} is no folder")
    return tuple(map(str, found))


def _variables(value: Iterable[str] | Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    if isinstance(value, Mapping):
        return merged(tuple(checked(name, text) for name, text in value.items()))
    return merged(tuple(parse(text) for text in value))


def _targets(value: str | Iterable[str]) -> tuple[Target, ...]:
    names = _names(value)
    if not names and isinstance(value, str):
        raise ValueError(choices("", TARGETS))
    return () if names == [NO_TARGET] else tuple(target(name) for name in names)


def completing(targets: tuple[Target, ...] | None) -> str | None:
    """Return the target that completes a verdict of the interpreter; `targets` is the value of the option, or None."""
    if targets is None:
        return DEFAULT
    return targets[0].name if targets else None


def _seconds(value: str | float) -> float:
    try:
        seconds = float(value)
    except ValueError:
        seconds = -1.0
    if not 0 < seconds < float("inf"):
        raise ValueError("expected a number of seconds above 0")
    return seconds


OPTIONS: Mapping[str, Option] = {
    option.name: option
    for option in (
        Option("device", "DEVICE", f"where kernels run: {', '.join(DEVICES)} (cpu: plain torch, no stand-in)",
               one_of(DEVICES), "auto"),
        Option("examples", "N", "cases drawn per kernel, in addition to the fixed ones", whole(0),
               str(_DEFAULTS.examples)),
        Option("facets", "LIST", f"facets to try, separated by commas: {','.join(ALL_FACETS)}", _facets,
               ",".join(FACETS)),
        Option("timeout", "SECONDS", "time limit per kernel; one call may take a quarter of it", _seconds,
               f"{_DEFAULTS.timeout:g}"),
        Option("target", "LIST", f"GPUs to compile for, separated by commas: {','.join(TARGETS)}; the first one also "
               f"completes verdicts of the interpreter, by default {DEFAULT}; {NO_TARGET} compiles nothing", _targets),
        Option("compile-timeout", "SECONDS", "time limit per kernel and target", _seconds,
               f"{_DEFAULTS.compile_timeout:g}"),
        Option("baseline", "LIST", f"baselines to time against, separated by commas: {', '.join(BASELINES)}",
               _baselines, ",".join(_DEFAULTS.baselines)),
        Option("allow", "LIST", f"rules of the audit that do not reject, separated by commas: {', '.join(RULES)}",
               _rules),
        Option("sandbox", "MODE", "how kernels are confined: strict (refuse to run without every measure), "
               "best (use what the machine has), off", one_of(SANDBOX_MODES), _DEFAULTS.sandbox),
        Option("path", "LIST", "folders that kernels may read and import from, separated by commas", _paths),
        Option("env", "NAME=VALUE", "an environment variable that kernels need, such as GEMS_VENDOR=nvidia; repeatable",
               _variables),
        Option("tasks", "FOLDER", "folder of your own task files, in addition to the shipped ones", Path),
    )
}  # fmt: skip
"""The options by name: verdicts depend on them, or they name the tasks and targets of verdicts."""


def _written(value: Any) -> str:
    """Return a value as a user would write it."""
    return ",".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
