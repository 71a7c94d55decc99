"""Describe an exception of a kernel for the judge: a status, a message, and the kernel's own stack frames."""

from __future__ import annotations

import functools
import linecache
import os
import re
import traceback
from typing import Any

from pytest_kernelbench.devices.missing import Missing
from pytest_kernelbench.runner.fault import failed_launch, of_the_stand_in
from pytest_kernelbench.wire.protocol import MAX_FRAMES, MAX_TEXT

_REMOVED = re.compile(
    r"(Block pointers) have been removed|'triton\.language' has no attribute '(make_block_ptr|advance)'"
)
"""Messages for features that newer versions of Triton have removed."""

_UNSUPPORTED = (
    (re.compile(r"not implemented for '(\w+)'"), "torch on the CPU lacks this operation for {0}"),
    (re.compile(r"not implemented on the CPU|is not (?:supported|implemented) (?:on|for) CPU"),
     "torch lacks this operation on the CPU"),
    (re.compile(r"Could not run 'aten::(\w+)'"), "torch on the CPU lacks {0}"),
    (re.compile(r"not supported in interpreter mode"), "Triton's interpreter lacks this operation"),
)  # fmt: skip
"""Messages for what torch on the CPU or the interpreter lacks, with what to report: the kernel is not to blame."""

_PACKAGES = frozenset(
    ("apex", "cupy", "einops", "flash_attn", "jax", "matplotlib", "numba", "pandas", "prettytable", "scipy", "seaborn",
     "sklearn", "tabulate", "tensorflow", "torchaudio", "torchvision", "tqdm", "transformers", "tritonclient",
     "xformers")
)  # fmt: skip
"""Packages that kernel files import, often for an example of their use, and that need not be installed here."""

_UNWRAPPED = re.compile(r"'(?:int|float|bool)' object has no attribute '(?:to|dtype|handle|shape|type|cast)'")
"""The message where a kernel uses a Python scalar as a tensor, which the interpreter passes instead of one."""

_COMPILER_ERRORS = frozenset({"CompilationError", "OutOfResources", "PTXASError", "CompileTimeAssertionFailure"})
"""Errors of Triton's compiler, and of launches that need too much; by name, since Triton has moved the classes."""


def describe(error: BaseException, path: str) -> dict[str, Any]:
    """Return the header of the response to a request that raised `error` on the CPU or the interpreter.

    `path` is the kernel's file. `within` is there where only the compiler can tell whether the kernel is to blame: it
    names the function that raised within a launch.
    """
    root = _root(error)
    if isinstance(root, Missing):
        return {"status": "unsupported", "message": str(root)[:MAX_TEXT], "frames": _frames(error, path)}
    text = f"{type(root).__name__}: {root}"[:MAX_TEXT]
    reason = _unsupported(error, root) or of_the_stand_in(root)
    header: dict[str, Any] = {
        "status": "unsupported" if reason else _status(root),
        "message": f"{reason}: {text}" if reason else text,
        "frames": _frames(error, path),
    }
    if header["status"] == "runtime_error" and (within := failed_launch(error, root)):
        header["within"] = within
    return header


def describe_on_gpu(error: BaseException, path: str) -> dict[str, Any]:
    """Return the header of the response to a request that raised `error` on a real GPU; `path` is the kernel's file."""
    names = {base.__name__ for base in type(error).__mro__}
    text = f"{type(error).__name__}: {error}"
    status = _status(error)
    if reason := _removed(text) or _not_installed(error):
        status, text = "unsupported", f"{reason}: {text}"
    elif "OutOfMemoryError" in names or "CUDA]: out of memory" in text:
        status, text = "crash", f"out of memory of the GPU: {text}"
    elif names & _COMPILER_ERRORS or "PassManager::run failed" in text:
        from pytest_kernelbench.devices.cross_compile import message

        status, text = "compile_error", message(error)
    return {"status": status, "message": text[:MAX_TEXT], "frames": _frames(error, path)}


def _status(root: BaseException) -> str:
    if isinstance(root, MemoryError) or "can't allocate memory" in str(root):
        return "crash"
    # By name, since only the interpreter's patches, which need Triton, know the class.
    if type(root).__name__ == "LanguageError":
        return "compile_error"
    return "crash" if isinstance(root, SystemExit) else "runtime_error"


def _root(error: BaseException) -> BaseException:
    """Return the original exception: the interpreter wraps it once in every function that it passes."""
    while type(error).__name__ == "InterpreterError" and error.__cause__ is not None:
        error = error.__cause__
    return error


def _removed(text: str) -> str | None:
    """Return that a message is about a removed feature of Triton."""
    match = _REMOVED.search(text)
    return f"this Triton no longer has {next(filter(None, match.groups()))}" if match else None


def _not_installed(error: BaseException) -> str | None:
    """Return that a known package is not installed; any other module that is not found may be made up."""
    package = (error.name or "").partition(".")[0] if isinstance(error, ModuleNotFoundError) else ""
    return f"the package {package} is not installed here" if package in _PACKAGES else None


def _unsupported(error: BaseException, root: BaseException) -> str | None:
    """Return what torch, Triton or its interpreter lacks, if that is the cause of an exception."""
    text = str(root)
    if reason := _removed(text):
        return reason
    if reason := _not_installed(root):
        return reason
    if isinstance(root, NotImplementedError) and _raised_by_interpreter(root):
        return "Triton's interpreter lacks this operation"
    for pattern, reason in _UNSUPPORTED:
        if match := pattern.search(text):
            return reason.format(*match.groups())
    # Only from within a kernel function: host code with the same message is wrong everywhere.
    if error is not root and _UNWRAPPED.search(text):
        return "Triton's interpreter passes Python scalars instead of tensors"
    return None


def _raised_by_interpreter(root: BaseException) -> bool:
    frames = traceback.extract_tb(root.__traceback__)
    return bool(frames) and frames[-1].filename.endswith(("runtime/interpreter.py", "language/semantic.py"))


def _frames(error: BaseException, path: str) -> list[str]:
    """Return the stack frames in the kernel's file and its helpers through the chain of causes, innermost last."""
    lines: list[str] = []
    chain: list[BaseException] = []
    while error is not None and error not in chain:
        chain.append(error)
        error = error.__cause__  # type: ignore[assignment]
    for link in chain:
        for frame in traceback.extract_tb(link.__traceback__):
            if _own(frame.filename, path):
                source = linecache.getline(frame.filename, frame.lineno or 0).strip()
                line = f"{_helper(frame.filename, path)}line {frame.lineno}, in {frame.name}: {source}"
                if line not in lines:
                    lines.append(line)
    broken = chain[0].filename if isinstance(chain[0], SyntaxError) else None
    if isinstance(chain[0], SyntaxError) and broken and _own(broken, path):
        lines.append(f"{_helper(broken, path)}line {chain[0].lineno}: {(chain[0].text or '').strip()}")
    return lines[-MAX_FRAMES:]


def _own(file: str, path: str) -> bool:
    """Whether a file is the kernel's, at `path`, or a helper in its folder."""
    home = _home(path)
    return file == path or (home != "" and file.startswith(home + os.sep))


def _helper(file: str, path: str) -> str:
    """Return the name of a helper, to stand before a line of it; nothing for the kernel's file itself."""
    return "" if file == path else f"{os.path.relpath(file, _home(path))}, "


@functools.cache
def _home(path: str) -> str:
    """Return the folder of the kernel's file; for one in a package, the package's folder."""
    home = folder = os.path.dirname(path)
    while folder and os.path.isfile(os.path.join(folder, "__init__.py")):
        home, folder = folder, os.path.dirname(folder)
    return home
