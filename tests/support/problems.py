"""Problems in KernelBench's form, and modules for them, written for these tests."""

from __future__ import annotations

from pathlib import Path

LEVEL1, LEVEL2 = "7_Shifted_softplus.py", "3_Mix_and_normalise.py"

SOFTPLUS = """
import torch
import torch.nn as nn


class Model(nn.Module):
    def forward(self, x):
        return torch.log1p(torch.exp(x - 1.0))


rows = 512
columns = 64 * 48


def get_inputs():
    return [torch.rand(rows, columns)]


def get_init_inputs():
    return []
"""

MIX = """
import torch
import torch.nn as nn


class Model(nn.Module):
    def __init__(self, width, features, groups, slope):
        super().__init__()
        self.mix = nn.Linear(width, features)
        self.norm = nn.GroupNorm(groups, features)
        self.slope = slope

    def forward(self, x):
        return nn.functional.leaky_relu(self.norm(self.mix(x)), self.slope)


batch = 256
width, features = 320, 960
groups = 12
slope = 0.1


def get_inputs():
    return [torch.randn(batch, width)]


def get_init_inputs():
    return [width, features, groups, slope]
"""

CLAMPED = """
import torch
import torch.nn as nn


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.offset = nn.Parameter(torch.randn(1))

    def forward(self, x):
        return torch.clamp(x.mean(1) + 4 * self.offset, -1, 1)


rows = 512
columns = 1024


def get_inputs():
    return [torch.rand(rows, columns)]


def get_init_inputs():
    return []
"""
"""Under the seed of KernelBench, its result is 1 for all inputs."""

WIDE = """
import torch
import torch.nn as nn


class Model(nn.Module):
    def __init__(self, width, features):
        super().__init__()
        self.mix = nn.Linear(width, features)

    def forward(self, x):
        return self.mix(x)


batch = 256
width, features = 4096, 64


def get_inputs():
    return [torch.rand(batch, width)]


def get_init_inputs():
    return [width, features]
"""
"""Its published sums are so long that the roundings of TF32 would hide the bias."""

SOFTPLUS_KERNEL = """
import torch
import torch.nn as nn
import triton
import triton.language as tl


@triton.jit
def softplus(x, y, count, BLOCK: tl.constexpr):
    at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    value = tl.load(x + at, mask=at < count, other=0.0) - 1.0
    # log(1 + e^v) without overflow for large v
    result = tl.maximum(value, 0.0) + tl.log(1.0 + tl.exp(-tl.abs(value)))
    tl.store(y + at, result, mask=at < count)


class ModelNew(nn.Module):
    def forward(self, x):
        x = x.contiguous()
        y = torch.empty_like(x)
        softplus[(triton.cdiv(x.numel(), 256),)](x, y, x.numel(), BLOCK=256)
        return y
"""

UNMASKED_KERNEL = SOFTPLUS_KERNEL.replace(", mask=at < count, other=0.0", "").replace(", mask=at < count", "").replace(
    "triton.cdiv(x.numel(), 256)", "x.numel() // 256"
)  # fmt: skip
"""Right where the number of elements is a multiple of 256, as that of the published sizes is."""


def renamed(problem: str) -> str:
    """Return a problem whose `Model` is a kernel's `ModelNew`."""
    return problem.replace("class Model(", "class ModelNew(")


def folder_of_problems(root: Path) -> Path:
    """Write the problems into folders of levels and return the folder above."""
    for level, name, text in (("level1", LEVEL1, SOFTPLUS), ("level2", LEVEL2, MIX)):
        (root / level).mkdir(parents=True)
        (root / level / name).write_text(text)
    return root
