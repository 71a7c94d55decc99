"""Find out from its stack where an exception comes from: a kernel, or what runs kernels here."""

from __future__ import annotations

import os
import re
import sys
import sysconfig
import traceback
from importlib.util import find_spec

import pytest_kernelbench.devices

_DEVICES = os.path.dirname(os.path.abspath(pytest_kernelbench.devices.__file__ or "")) + os.sep
"""Folder of our patches of torch and Triton."""

BY_TORCH = "by_torch"
"""Name of the function of the stand-in that calls torch for the kernel: what is raised there is torch's."""

BY_TRITON = "by_triton"
"""Name of the function of our patches that raises what Triton raises for the same call."""

_CALLED_WRONGLY = re.compile(r"([\w.<>]+)\(\) (?:takes|got|missing)")
"""The message where a function is called with arguments that it does not take."""

_LAUNCHERS = (
    os.path.join("triton", "runtime", "jit.py"),
    *(os.path.join("triton", "backends", vendor, "compiler.py") for vendor in ("nvidia", "amd")),
)
"""The modules of Triton that bind the arguments of a launch, and that check its options."""

_REFUSALS = (AssertionError, KeyError, TypeError, ValueError)
"""What Triton raises for a launch that it does not take."""

_CHECKS = frozenset({"_validate"})
"""Functions of our patches that check what a kernel must see to and no compiler can see, such as alignment."""


def of_the_stand_in(root: BaseException) -> str | None:
    """Return what our patches lack, if an exception outside of a launch is about them rather than about the kernel."""
    frames = traceback.extract_tb(root.__traceback__)
    if not frames or _in_launch(frames):
        return None
    if frames[-1].filename.startswith(_DEVICES) and frames[-1].name not in (BY_TORCH, BY_TRITON):
        return f"the stand-in for a GPU failed in {frames[-1].name}"
    if isinstance(root, AttributeError) and _ours(type(root.obj).__module__):
        return f"the stand-in for a GPU lacks {root.name}"
    match = _CALLED_WRONGLY.match(str(root)) if isinstance(root, TypeError) else None
    if match and _is_a_patch(match[1]):
        return "the stand-in for a GPU does not take these arguments"
    return None


def failed_launch(error: BaseException, root: BaseException) -> str | None:
    """Return the function that raised, if a launch failed for a reason that may not be the kernel's.

    `error` is the exception, and `root` the one that the interpreter has wrapped in it.
    """
    frames = traceback.extract_tb(root.__traceback__)
    if not frames or not (error is not root or _in_launch(frames)):
        return None
    last = frames[-1]
    foreign = last.filename.startswith(_foreign())
    checked = last.filename.startswith(_DEVICES) and last.name in _CHECKS
    return None if checked or (not foreign and error is root) else last.name


def refused_launch(error: BaseException) -> bool:
    """Return whether Triton, without its interpreter, did not take a launch for its arguments, options or grid."""
    frames = traceback.extract_tb(error.__traceback__)
    return bool(frames) and isinstance(error, _REFUSALS) and frames[-1].filename.endswith(_LAUNCHERS)


def _in_launch(frames: traceback.StackSummary) -> bool:
    """Whether an exception has passed through Triton on its way."""
    return any(f"{os.sep}triton{os.sep}runtime{os.sep}" in frame.filename for frame in frames)


def _foreign() -> tuple[str, ...]:
    """Return the folders of what runs a launch: Triton, numpy, torch, our patches and Python."""
    specs = [find_spec(name) for name in ("triton", "numpy", "torch")]
    folders = [os.path.dirname(spec.origin) + os.sep for spec in specs if spec is not None and spec.origin]
    return (*folders, _DEVICES, *_library())


def _library() -> list[str]:
    """Return the modules of Python, without the packages that are installed among them."""
    folder = sysconfig.get_path("stdlib")
    return [os.path.join(folder, f"{name}.py") for name in ("inspect", "ast", "functools", "dataclasses", "textwrap")]


def _ours(module: str) -> bool:
    return module.startswith(f"{pytest_kernelbench.devices.__name__}.")


def _is_a_patch(name: str) -> bool:
    """Whether a function of this qualified name is one of our patches."""
    first = name.partition(".")[0]
    return any(
        _ours(module) and getattr(vars(sys.modules[module]).get(first), "__module__", "") == module
        for module in list(sys.modules)
    )
