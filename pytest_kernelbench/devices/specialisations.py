"""In one line, what a Triton kernel was compiled for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

OPTIONS = ("num_warps", "num_stages")
"""Options of a launch that are shown."""

PROMISES = {"tt.divisibility": " %16", "tt.pointer_range": " <2GiB"}
"""What the compiler may rely on of an argument: a multiple of 16, and on AMD memory of less than 2 GiB."""


def specialisation(src: Any, options: Any) -> str:
    """Return types and promises of the arguments, constants, and the options of the launch.

    Triton keys constants and promises by place or by name, as its version is.
    """
    names = list(src.fn.arg_names)
    constants = {names[key[0]] if isinstance(key, tuple) else key: value for key, value in src.constants.items()}
    promised = list(_promises(src.attrs))
    parts = []
    for index, name in enumerate(names):
        if name in constants:
            parts.append(f"{name}={getattr(constants[name], '__name__', None) or repr(constants[name])}")
        elif name in src.signature:
            parts.append(f"{name}: {src.signature[name]}" + "".join(text for place, text in promised if place == index))
    shown = [f"{name}={options[name]}" for name in OPTIONS if name in (options or {})]
    return ", ".join(parts + shown)


def _promises(attributes: Any) -> Iterator[tuple[int, str]]:
    """Yield the place of an argument and what is promised of it."""
    if hasattr(attributes, "arg_properties"):  # up to Triton 3.2
        for name, places in attributes.arg_properties.items():
            yield from ((place, PROMISES[name]) for place in places if name in PROMISES)
        return
    for key, promises in (attributes or {}).items():
        for name, text in PROMISES.items():
            if name in str(promises):
                yield key[0], text
