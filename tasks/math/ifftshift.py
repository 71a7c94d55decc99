"""Inverse of fftshift: each dimension rotated by -(size // 2), which moves the zero frequency back to the front.

fftshift rotates by size // 2, which differs for odd sizes.
"""

from __future__ import annotations

from pytest_kernelbench import Case, Contract, Task, Tensor
from pytest_kernelbench.authoring.strategies import dim_sets, shapes, tensors


def reference(input, dim=None):
    import torch

    return torch.fft.ifftshift(input, dim)


def cases(draw, given):
    shape = draw(shapes(given, 1, 4))
    return Case(input=draw(tensors(given, shape)), dim=draw(dim_sets(shape)))


task = Task(
    reference,
    cases,
    fixed_cases=(
        Case(input=Tensor((4, 5))),
        Case(input=Tensor((1,))),
        Case(input=Tensor((2,))),
        Case(input=Tensor((129,))),
        Case(input=Tensor((1025,)), dim=0),
        Case(input=Tensor((3, 127)), dim=-1),
        Case(input=Tensor((5, 6, 7)), dim=1),
        Case(input=Tensor((5, 6, 7)), dim=-1),
        Case(input=Tensor((5, 6, 7)), dim=(0, 2)),
        Case(input=Tensor((5, 6, 7)), dim=(-1, 0)),
        Case(input=Tensor((2, 3, 5, 17)), dim=(-2, -1)),
        Case(input=Tensor((130, 3)), dim=-2),
        Case(input=Tensor((4099,))),
        Case(input=Tensor((0,))),
        Case(input=Tensor((3, 0, 5)), dim=(0, 1)),
        Case(input=Tensor((3, 5, 7))),
    ),
    dtypes=("float32", "float16", "bfloat16", "complex64"),
    contract=Contract(empty=True),
    workloads={
        "fastmri_knee_slices": Case(input=Tensor((16, 15, 640, 368), "complex64"), dim=(-2, -1)),
        "volume_512": Case(input=Tensor((512, 512, 512))),
    },
)
