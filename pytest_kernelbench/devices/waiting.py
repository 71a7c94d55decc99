"""Notice a program that waits for another one of its grid, which never ends where programs run one after another.

Waiting is asking for the same memory again and again. A question is an atomic operation that changes nothing, or a
load. It is a repetition if the answer is the same and the program has done nothing else with memory since.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from pytest_kernelbench.devices.missing import Missing

MAX_QUESTIONS = 2000
"""Repetitions of a question after which a program counts as waiting."""

MAX_LANES = 1024
"""Lanes of the largest block of addresses that counts as a question."""


class Waiting(Missing):
    """A program waits for others."""

    def __str__(self) -> str:
        return (
            f"{self.args[0]} waits for other programs of its grid: it asked for the same memory {MAX_QUESTIONS} times, "
            "and Triton's interpreter runs programs one after another"
        )


class Watch:
    """What the current program has asked for since it last did anything else."""

    def __init__(self, builder: Any) -> None:
        self.builder = builder
        self.answers: dict[bytes, bytes] = {}
        """The last answer to each question, by its addresses."""
        self.repeated = 0
        self.load = b""
        """Address of the last load that is not volatile."""

    def progress(self) -> None:
        """Note that the program does something else than ask."""
        if self.answers:
            self.answers.clear()
        self.repeated = 0

    def ask(self, pointers: Any, answer: Any) -> None:
        """Note a question; raises `Waiting`."""
        if pointers.size > MAX_LANES:
            self.progress()
            return
        key, found = pointers.tobytes(), answer.tobytes()
        known = self.answers.get(key)
        if known is not None and known != found:
            self.progress()
        self.answers[key] = found
        self.repeated = self.repeated + 1 if known == found else 0
        if self.repeated > MAX_QUESTIONS:
            self.progress()
            program = f"program {tuple(map(int, self.builder.grid_idx))}"
            if math.prod(map(int, self.builder.grid_dim)) == 1:
                raise RuntimeError(f"{program} waits for memory that nothing else writes: its grid has one program")
            raise Waiting(program)

    def plain(self, pointers: Any, answer: Any) -> None:
        """Note a load that is not volatile: one of the same single address may be a question."""
        key = pointers.tobytes() if pointers.size == 1 else b""
        if not key or key != self.load:
            self.load = key
            self.progress()
        else:
            self.ask(pointers, answer)


def install(interpreter: Any) -> None:
    """Patch Triton's interpreter until this process ends."""
    instance = interpreter.interpreter_builder
    builder, watch = type(instance), Watch(instance)
    set_index = instance.set_grid_idx

    def step(x: int, y: int, z: int) -> None:
        watch.progress()
        set_index(x, y, z)

    instance.set_grid_idx = step
    for name in ("create_load", "create_masked_load"):
        setattr(builder, name, _loading(watch, getattr(builder, name)))
    for name in ("create_store", "create_masked_store"):
        setattr(builder, name, _storing(watch, getattr(builder, name)))
    builder.create_atomic_cas = _swapping(watch, builder.create_atomic_cas)
    builder.create_atomic_rmw = _updating(watch, builder.create_atomic_rmw)


def _loading(watch: Watch, load: Callable[..., Any]) -> Callable[..., Any]:
    def asked(self: Any, pointers: Any, *rest: Any, **named: Any) -> Any:
        result = load(self, pointers, *rest, **named)
        volatile = named["is_volatile"] if "is_volatile" in named else rest[-1]
        (watch.ask if volatile else watch.plain)(pointers.data, result.data)
        return result

    return asked


def _storing(watch: Watch, store: Callable[..., Any]) -> Callable[..., Any]:
    def stored(self: Any, *rest: Any, **named: Any) -> Any:
        watch.progress()
        return store(self, *rest, **named)

    return stored


def _swapping(watch: Watch, swap: Callable[..., Any]) -> Callable[..., Any]:
    """A compare-and-swap asks where it fails everywhere, or stores what is there already."""

    def swapped(self: Any, pointers: Any, compared: Any, value: Any, *rest: Any) -> Any:
        result = swap(self, pointers, compared, value, *rest)
        if ((result.data == compared.data) & (result.data != value.data)).any():
            watch.progress()
        else:
            watch.ask(pointers.data, result.data)
        return result

    return swapped


def _updating(watch: Watch, update: Callable[..., Any]) -> Callable[..., Any]:
    """An update is taken for a question; one that changes memory gives another answer the next time."""

    def updated(self: Any, operation: Any, pointers: Any, *rest: Any) -> Any:
        result = update(self, operation, pointers, *rest)
        watch.ask(pointers.data, result.data)
        return result

    return updated
