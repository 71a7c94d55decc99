"""Small kernels, one for each feature of the language, with the result that a compiled kernel has."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

LENGTH = 16
"""Elements of each kernel's input and output."""

VALUES = (3, -1, 4, 1, -5, 9, 2, -6, 5, 3, 5, -8, 9, 7, 9, -3)
"""The input of all kernels: numbers of both signs, some of them equal."""

KERNEL = """
{helpers}

@triton.jit
def kernel(x_ptr, y_ptr, n, s, B: tl.constexpr):
    i = tl.arange(0, B)
    x = tl.load(x_ptr + i)
{body}
    tl.store(y_ptr + i, y)

def work(x):
    x = torch.tensor({values}, dtype=torch.{source}, device=x.device)
    y = torch.zeros({length}, dtype=torch.{dtype}, device=x.device)
    kernel[(1,)](x, y, {length}, 2.5, B={length})
    return y
"""


@dataclass(frozen=True)
class Feature:
    """One feature of the language, and what a kernel that uses it computes."""

    name: str
    """What is tried."""
    body: str
    """Statements of the kernel between its load of `x` and its store of `y`; `i` counts the elements."""
    expected: Callable[[Any, Any], Any] | None = None
    """The result by numpy, from `x` and `i`; None where the compiler refuses the code."""
    helpers: str = ""
    """Functions and global variables of the kernel's file."""
    dtype: str = "float32"
    """Dtype of the output."""
    source: str = "float32"
    """Dtype of the input."""
    since: int = 90
    """Compute capability, times 10, of the first NVIDIA GPU that has the feature, where that is above 9.0."""
    syntax: str = ""
    """Node of the syntax tree that some versions of Triton refuse."""

    @property
    def code(self) -> str:
        """The kernel's file."""
        body = "\n".join(f"    {line}" for line in self.body.strip("\n").split("\n"))
        return KERNEL.format(
            helpers=self.helpers, body=body, length=LENGTH, dtype=self.dtype, values=VALUES, source=self.source
        )

    def result(self) -> Any:
        """Return the expected output."""
        assert self.expected is not None
        index = np.arange(LENGTH, dtype=np.int32)
        found = self.expected(np.array(VALUES).astype(self.source), index)
        return np.broadcast_to(np.asarray(found), LENGTH).astype(self.dtype)
