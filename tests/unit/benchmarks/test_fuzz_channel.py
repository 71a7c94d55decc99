"""The program that fuzzes the judge's end of a channel: it fits the judge, and some of its responses in every run."""

from __future__ import annotations

import contextlib
import importlib.util
import random
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType

import pytest

PROGRAM = Path(__file__).parents[3] / "benchmarks" / "fuzz_channel.py"
RESPONSES = 3000
UNCHANGED = 0.9
"""Share of the values in a response that stay right."""


class Provider:
    """Random choices in place of those that atheris makes of the bytes."""

    def __init__(self, raw: bytes) -> None:
        self._random = random.Random(raw)

    def ConsumeIntInRange(self, low: int, high: int) -> int:
        # The largest number of a wide range changes nothing.
        return high if high > 14 and self._random.random() < UNCHANGED else self._random.randint(low, high)

    def ConsumeInt(self, size: int) -> int:
        return self._random.randint(-(1 << 8 * size - 1), (1 << 8 * size - 1) - 1)

    def ConsumeUnicode(self, size: int) -> str:
        return "".join(chr(self._random.choice((self._random.randrange(128), 0xD800, 0x202E))) for _ in range(size))

    def ConsumeBytes(self, size: int) -> bytes:
        return self._random.randbytes(size)

    def PickValueInList(self, values: Sequence[str]) -> str:
        return self._random.choice(values)


@contextlib.contextmanager
def _not_instrumented(include: Sequence[str]) -> Iterator[None]:
    yield


@pytest.fixture
def fuzz(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The program, without coverage, whose replacements in the judge end with the test."""
    atheris = ModuleType("atheris")
    atheris.instrument_imports = _not_instrumented  # type: ignore[attr-defined]
    atheris.FuzzedDataProvider = Provider  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "atheris", atheris)
    spec = importlib.util.spec_from_file_location(PROGRAM.stem, PROGRAM)
    assert spec is not None
    assert spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    for name in ("secrets", "ending", "orphaned"):
        monkeypatch.setattr(found.process, name, getattr(found.process, name))
    monkeypatch.setattr(found.client.Runner, "pid", found.client.Runner.pid)
    found.prepared()
    return found


def _respond(fuzz: ModuleType) -> None:
    for number in range(RESPONSES):
        fuzz.respond(str(number).encode())


def test_any_response_is_an_answer_or_the_end_of_the_runner(fuzz: ModuleType) -> None:
    _respond(fuzz)
    seen = fuzz.STATISTICS
    assert seen.answers + seen.deaths == seen.cases
    assert min(seen.answers, seen.deaths) > RESPONSES / 40


def test_an_exception_of_another_kind_ends_the_program(fuzz: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fuzz.client, "plain", lambda header: header["frames"])
    with pytest.raises(KeyError):
        _respond(fuzz)
