"""Faults in host code: files in which PyTorch or numpy does the work of a kernel, wholly or for some inputs.

They are made from a right kernel and the task's reference, whose source is appended. A reference that is not complete
in itself cannot be appended.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Mapping

from pytest_kernelbench.model.task import Task

GATED = """
def {entry}(*args, **kwargs):
    tensors = [each for each in [*args, *kwargs.values()] if isinstance(each, _torch.Tensor)]
    if {condition}:
        return _reference(*args, **kwargs)
    return _kernel(*args, **kwargs)
"""

COPIED = """
@_triton.jit
def _copy_kernel(x_ptr, y_ptr, count, BLOCK: _tl.constexpr):
    offsets = _tl.program_id(0).to(_tl.int64) * BLOCK + _tl.arange(0, BLOCK)
    _tl.store(y_ptr + offsets, _tl.load(x_ptr + offsets, mask=offsets < count), mask=offsets < count)


def {entry}(*args, out=None, **kwargs):
    computed = {computed}
    result = _torch.empty_like(computed, memory_format=_torch.contiguous_format)
    if result.numel():
        _copy_kernel[(_triton.cdiv(result.numel(), 1024),)](computed.contiguous(), result, result.numel(), BLOCK=1024)
    return result if out is None else out.copy_(result)
"""

HOSTS: Mapping[str, tuple[str, str]] = {
    "torch_above_2000": (
        "Lets PyTorch compute where a tensor has more than 2,000 elements",
        GATED.replace("{condition}", "any(each.numel() > 2000 for each in tensors)"),
    ),
    "torch_where_strided": (
        "Lets PyTorch compute where a tensor is not contiguous",
        GATED.replace("{condition}", "not all(each.is_contiguous() for each in tensors)"),
    ),
    "torch_below_float32": (
        "Lets PyTorch compute for all dtypes but float32",
        GATED.replace("{condition}", "any(each.dtype != _torch.float32 for each in tensors)"),
    ),
    "torch_then_copy": (
        "Lets PyTorch compute, and copies the result with a Triton kernel",
        COPIED.replace("{computed}", "_reference(*args, **kwargs)"),
    ),
}
"""What such a file does and the code that is appended, by name."""


def with_host(kernel: str, task: Task, entry: str, name: str) -> str | None:
    """Return the file of a kernel with a fault in its host code; None if the task's reference stands not alone."""
    reference = standalone(task)
    if reference is None:
        return None
    alias = f"_kernel = {entry}\n"
    imports = "import torch as _torch\nimport triton as _triton\nimport triton.language as _tl\n"
    return "\n".join([kernel, imports, alias, reference, HOSTS[name][1].replace("{entry}", entry)])


def standalone(task: Task) -> str | None:
    """Return the source of a reference as a function `_reference`; None if it uses names of its module."""
    function = task.reference
    if function.__closure__ or not inspect.isfunction(function):
        return None
    module = ast.parse(textwrap.dedent(inspect.getsource(function)))
    definition = module.body[0]
    if not isinstance(definition, ast.FunctionDef) or set(function.__code__.co_names) & set(function.__globals__):
        return None
    definition.name = "_reference"
    return ast.unparse(module)
