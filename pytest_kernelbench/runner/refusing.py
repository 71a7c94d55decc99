"""Whether an exception is a kernel's own way to say that it does not take an input: it raised it itself, at once."""

from __future__ import annotations

import ast
import linecache
import traceback
from collections.abc import Callable

from pytest_kernelbench.wire import calling_conventions

KINDS = (NotImplementedError, ValueError, TypeError, AssertionError, RuntimeError)
"""Exceptions with which host code refuses an input; subclasses count, except those that Python itself raises."""

CHECKS = ("_check", "_check_with", "_check_type", "_check_value", "_check_not_implemented")
"""Functions of torch with which host code checks its inputs: an exception that is raised there is the caller's."""


def refuses(error: BaseException, own: Callable[[str], bool], launches: int) -> bool:
    """Whether a call was refused; `own` says whether a file is the kernel's, `launches` counts those of the call.

    The exception must come from a `raise` or an `assert` in the kernel's own files. One that Python or torch raises
    shows that the kernel did not expect the input, and one that replaces another exception hides what failed.
    """
    if launches or not isinstance(error, KINDS) or isinstance(error, RecursionError):
        return False
    if error.__cause__ is not None or error.__context__ is not None:
        return False
    frames = traceback.extract_tb(error.__traceback__)
    if not any(frame.filename == calling_conventions.__file__ for frame in frames):
        return False  # not raised by the call: by what describes its result, for instance
    while frames and frames[-1].name in CHECKS and "torch" in frames[-1].filename:
        frames.pop()
        if frames and own(frames[-1].filename):
            return True
    if not frames or not own(frames[-1].filename):
        return False
    return (frames[-1].lineno or 0) in _raising(frames[-1].filename)


def _raising(file: str) -> frozenset[int]:
    """Return the lines of all `raise` and `assert` statements of a file."""
    linecache.checkcache(file)
    try:
        tree = ast.parse("".join(linecache.getlines(file)))
    except (SyntaxError, ValueError, RecursionError):
        return frozenset()
    return frozenset(
        line
        for node in ast.walk(tree)
        if isinstance(node, (ast.Raise, ast.Assert))
        for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    )
