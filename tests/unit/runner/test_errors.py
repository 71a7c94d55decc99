"""What exceptions of a kernel mean: whose fault they are, and which of the kernel's lines led to them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from pytest_kernelbench.runner.errors import describe, describe_on_gpu
from pytest_kernelbench.wire.protocol import MAX_FRAMES, MAX_TEXT


class InterpreterError(Exception):
    """What Triton's interpreter wraps exceptions in."""


class OutOfResources(Exception):
    """What Triton raises where a block wants more than there is."""


@pytest.mark.parametrize(
    ("error", "status", "text"),
    [
        (torch.OutOfMemoryError("Tried to allocate 900.00 GiB"), "crash", "out of memory of the GPU"),
        (RuntimeError("Triton Error [CUDA]: out of memory"), "crash", "out of memory of the GPU"),
        (OutOfResources("shared memory, Required: 196608"), "compile_error", "Required: 196608"),
        (RuntimeError("PassManager::run failed"), "compile_error", "PassManager"),
        (RuntimeError('"addmm_cuda" not implemented for \'Int\''), "runtime_error", "not implemented for"),
        (RuntimeError("Block pointers have been removed in triton 3.6"), "unsupported", "no longer has"),
        (SystemExit(3), "crash", "SystemExit"),
    ],
)  # fmt: skip
def test_what_an_exception_means_on_a_gpu(error: BaseException, status: str, text: str) -> None:
    header = describe_on_gpu(error, "k.py")
    assert header["status"] == status
    assert text in header["message"]


@pytest.mark.parametrize(
    ("error", "status", "text"),
    [
        (ValueError("no"), "runtime_error", "ValueError: no"),
        (SystemExit(0), "crash", "SystemExit: 0"),
        (MemoryError("can't"), "crash", "MemoryError: can't"),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory"), "crash", "RuntimeError: DefaultCPUAllocator"),
        (RuntimeError("'addmm' not implemented for 'Half'"), "unsupported",
         "torch on the CPU lacks this operation for Half"),
        (RuntimeError("Could not run 'aten::_int_mm' with"), "unsupported", "torch on the CPU lacks _int_mm"),
        (RuntimeError("x is not supported on CPU"), "unsupported", "torch lacks this operation on the CPU"),
        (ValueError("not supported in interpreter mode"), "unsupported", "Triton's interpreter lacks this operation"),
        (AttributeError("module 'triton.language' has no attribute 'make_block_ptr'"), "unsupported",
         "this Triton no longer has make_block_ptr"),
    ],
)  # fmt: skip
def test_what_an_exception_means_on_the_cpu(error: BaseException, status: str, text: str) -> None:
    header = describe(error, "k.py")
    assert header["status"] == status
    assert header["message"].startswith(text)
    assert header["frames"] == []


@pytest.mark.parametrize("describe_it", [describe, describe_on_gpu])
@pytest.mark.parametrize(
    ("name", "status"),
    [("scipy.special", "unsupported"), ("triton.util", "runtime_error"), ("my_helpers", "runtime_error")],
)
def test_a_package_that_is_not_installed(describe_it: Callable[..., dict[str, Any]], name: str, status: str) -> None:
    header = describe_it(ModuleNotFoundError(f"No module named {name!r}", name=name), "k.py")
    assert header["status"] == status
    assert (header["message"].startswith("the package scipy is not installed here")) == (status == "unsupported")


def test_a_python_scalar_used_as_a_tensor_is_excused_within_a_kernel_function_only() -> None:
    error = AttributeError("'int' object has no attribute 'to'")
    assert describe(error, "k.py")["status"] == "runtime_error"
    wrapped = InterpreterError()
    wrapped.__cause__ = error
    header = describe(wrapped, "k.py")
    assert header["status"] == "unsupported"
    assert header["message"].startswith("Triton's interpreter passes Python scalars instead of tensors: AttributeError")


def test_the_original_exception_is_told() -> None:
    inner, outer = ValueError("first"), InterpreterError("second")
    outer.__cause__ = middle = InterpreterError("third")
    middle.__cause__ = inner
    assert describe(outer, "k.py")["message"] == "ValueError: first"


def test_only_the_kernels_frames_are_shown_and_the_innermost_ones(tmp_path: Path) -> None:
    path = tmp_path / "kernel.py"
    path.write_text("def fall(n):\n    if n:\n        fall(n - 1)\n    else:\n        raise ValueError(n)\n")
    space: dict[str, object] = {}
    exec(compile(path.read_text(), str(path), "exec"), space)
    with pytest.raises(ValueError, match="0") as caught:
        space["fall"](2)
    frames = describe(caught.value, str(path))["frames"]
    # Equal lines are shown once.
    assert frames == ["line 3, in fall: fall(n - 1)", "line 5, in fall: raise ValueError(n)"]
    assert describe(caught.value, "other.py")["frames"] == []


def test_a_syntax_error_shows_its_line() -> None:
    with pytest.raises(SyntaxError) as caught:
        compile("x = 1\ndef work(:\n", "k.py", "exec")
    assert describe(caught.value, "k.py")["frames"] == ["line 2: def work(:"]


def test_messages_and_frames_have_a_maximum_length(tmp_path: Path) -> None:
    assert len(describe(ValueError("x" * 9999), "k.py")["message"]) == MAX_TEXT
    assert len(describe_on_gpu(ValueError("x" * 9999), "k.py")["message"]) == MAX_TEXT
    path = tmp_path / "kernel.py"
    lines = [f"def f{n}(): f{n - 1}()" for n in range(1, 20)]
    path.write_text("\n".join(["def f0(): raise ValueError(0)", *lines]) + "\n")
    space: dict[str, object] = {}
    exec(compile(path.read_text(), str(path), "exec"), space)
    with pytest.raises(ValueError, match="0") as caught:
        space["f19"]()
    frames = describe(caught.value, str(path))["frames"]
    assert len(frames) == MAX_FRAMES
    assert frames[-1] == "line 1, in f0: def f0(): raise ValueError(0)"
