"""Describe in one line what a Triton kernel was compiled for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

OPTIONS = ("num_warps", "num_stages")
"""Launch options that are shown."""

ASSUMPTIONS = {"tt.divisibility": " %16", "tt.pointer_range": " <2GiB"}
"""Assumptions about an argument, with their short form: a multiple of 16, and on AMD memory of less than 2 GiB."""


def specialisation(src: Any, options: Any) -> str:
    """Return types and assumptions of the arguments, constants, and launch options.

    Depending on the version of Triton, constants and assumptions have positions or names as their keys.
    """
    names = list(src.fn.arg_names)
    constants = {names[key[0]] if isinstance(key, tuple) else key: value for key, value in src.constants.items()}
    assumed = list(_assumptions(src.attrs))
    parts = []
    for index, name in enumerate(names):
        if name in constants:
            parts.append(f"{name}={getattr(constants[name], '__name__', None) or repr(constants[name])}")
        elif name in src.signature:
            parts.append(f"{name}: {src.signature[name]}" + "".join(text for place, text in assumed if place == index))
    shown = [f"{name}={options[name]}" for name in OPTIONS if name in (options or {})]
    return ", ".join(parts + shown)


def _assumptions(attributes: Any) -> Iterator[tuple[int, str]]:
    """Yield the position of an argument and the short form of what is assumed about it."""
    if hasattr(attributes, "arg_properties"):  # up to Triton 3.2
        for name, places in attributes.arg_properties.items():
            yield from ((place, ASSUMPTIONS[name]) for place in places if name in ASSUMPTIONS)
        return
    for key, assumptions in (attributes or {}).items():
        for name, text in ASSUMPTIONS.items():
            if name in str(assumptions):
                yield key[0], text
