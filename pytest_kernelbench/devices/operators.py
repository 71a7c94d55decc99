"""Operators that a kernel registers for CUDA alone: tensors of the stand-in are on the CPU, where they are called."""

from __future__ import annotations

import warnings
from typing import Any

import torch

ON_GPU, HERE = "CUDA", "CPU"
"""Dispatch keys of the tensors of a GPU, also of one by AMD, and of those that the stand-in has."""


OWN = ("aten", "prims")
"""Namespaces of torch's own operators, which stay as they are."""


def install() -> None:
    """Patch `torch.library` until this process ends."""
    library = torch.library.Library
    register: Any = library.impl
    mirrored: set[str] = set()

    def impl(self: Any, op_name: Any, fn: Any, dispatch_key: str = "", **options: Any) -> Any:
        key, name = dispatch_key or self.dispatch_key, f"{self.ns}::{_plain(str(op_name))}"
        if key == HERE and name in mirrored:
            return None
        registered = register(self, op_name, fn, dispatch_key, **options)
        if key == ON_GPU and self.ns not in OWN:
            mirrored.add(name)
            if "allow_override" in options:
                options["allow_override"] = True
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # about a function for the CPU that this one replaces
                register(self, op_name, fn, HERE, **options)
        return registered

    setattr(library, "impl", impl)  # noqa: B010 - for mypy, methods are not assigned


def _plain(name: str) -> str:
    """Return the name of an operator without its namespace, and without the overload that has no name."""
    return name.rpartition("::")[2].removesuffix(".default")
