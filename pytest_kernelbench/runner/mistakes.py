"""What an exception of a kernel means, said with the kernel's own frames only."""

from __future__ import annotations

import linecache
import re
import traceback
from typing import Any

MOST_TEXT = 4000
"""Characters of a message that are kept."""

# What the interpreter or torch on the CPU lacks, by the text of the exception: not the kernel's fault.
_LACKING = (
    (re.compile(r"not implemented for '(\w+)'"), "torch on the CPU lacks this operation for {0}"),
    (re.compile(r"not implemented on the CPU|is not (?:supported|implemented) (?:on|for) CPU"),
     "torch lacks it on the CPU"),
    (re.compile(r"Could not run 'aten::(\w+)'"), "torch on the CPU lacks {0}"),
    (re.compile(r"'(?:int|float|bool)' object has no attribute '(?:to|dtype|handle|shape|type|cast)'"),
     "the interpreter passes Python scalars unwrapped"),
    (re.compile(r"not supported in interpreter mode"), "the interpreter lacks it"),
)  # fmt: skip
_GONE = re.compile(r"(Block pointers) have been removed|'triton\.language' has no attribute '(make_block_ptr|advance)'")


_COMPILER = frozenset({"CompilationError", "OutOfResources", "PTXASError", "CompileTimeAssertionFailure"})
"""Errors of Triton's compiler, and of a launch that has no room; by name, since Triton has moved them about."""


def describe(error: BaseException, path: str) -> dict[str, Any]:
    """Return the header that answers a request which raised `error` in the kernel at `path`, on the interpreter."""
    root = _root(error)
    text = f"{type(root).__name__}: {root}"[:MOST_TEXT]
    reason = _lacking(error, root)
    status = "unsupported" if reason else _status(root)
    return {
        "status": status,
        "message": f"{reason}: {text}" if reason else text,
        "frames": _frames(error, path),
    }


def outcome(error: BaseException, path: str) -> dict[str, Any]:
    """Return the header that answers a request which raised `error` in the kernel at `path`, on a real GPU."""
    names = {base.__name__ for base in type(error).__mro__}
    text = f"{type(error).__name__}: {error}"
    status = _status(error)
    if gone := _GONE.search(text):
        status, text = "unsupported", f"this Triton no longer has {next(filter(None, gone.groups()))}: {text}"
    elif "OutOfMemoryError" in names or "CUDA]: out of memory" in text:
        status, text = "crash", f"out of memory of the GPU: {text}"
    elif names & _COMPILER or "PassManager::run failed" in text:
        from pytest_kernelbench.devices.cross_compile import message

        status, text = "compile_error", message(error)
    return {"status": status, "message": text[:MOST_TEXT], "frames": _frames(error, path)}


def _status(root: BaseException) -> str:
    if isinstance(root, MemoryError) or "can't allocate memory" in str(root):
        return "crash"
    return "crash" if isinstance(root, SystemExit) else "runtime_error"


def _root(error: BaseException) -> BaseException:
    """Return what was raised first: the interpreter wraps it, once for every function on the way."""
    while type(error).__name__ == "InterpreterError" and error.__cause__ is not None:
        error = error.__cause__
    return error


def _lacking(error: BaseException, root: BaseException) -> str | None:
    text = str(root)
    if match := _GONE.search(text):
        return f"this Triton no longer has {next(filter(None, match.groups()))}"
    if isinstance(root, NotImplementedError) and _raised_in_interpreter(root):
        return "the interpreter lacks it"
    wrapped = error is not root
    for pattern, reason in _LACKING:
        match = pattern.search(text)
        if match and ("unwrapped" not in reason or wrapped):
            return reason.format(*match.groups())
    return None


def _raised_in_interpreter(root: BaseException) -> bool:
    frames = traceback.extract_tb(root.__traceback__)
    return bool(frames) and frames[-1].filename.endswith(("runtime/interpreter.py", "language/semantic.py"))


def _frames(error: BaseException, path: str) -> list[str]:
    """Return the kernel's frames, innermost last, through the chain of causes."""
    shown: list[str] = []
    chain: list[BaseException] = []
    while error is not None and error not in chain:
        chain.append(error)
        error = error.__cause__  # type: ignore[assignment]
    for link in chain:
        for frame in traceback.extract_tb(link.__traceback__):
            if frame.filename == path:
                source = linecache.getline(path, frame.lineno or 0).strip()
                line = f"line {frame.lineno}, in {frame.name}: {source}"
                if line not in shown:
                    shown.append(line)
    if isinstance(chain[0], SyntaxError) and chain[0].filename == path:
        shown.append(f"line {chain[0].lineno}: {(chain[0].text or '').strip()}")
    return shown[-8:]
