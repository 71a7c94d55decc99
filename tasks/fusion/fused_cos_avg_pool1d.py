"""Average pooling of cos(input) along the last dimension; the padding is zeros, not their cosines."""

from __future__ import annotations

from pytest_kernelbench import Case, Task, Tensor
from pytest_kernelbench.authoring.families.images import drawn_windows, pooled
from pytest_kernelbench.authoring.strategies import booleans, integers, maybe, tensors


def reference(input, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True):
    from torch.nn.functional import avg_pool1d

    return avg_pool1d(input.cos(), kernel_size, stride, padding, ceil_mode, count_include_pad)


def cases(draw, given):
    planes, length, kernel = drawn_windows(draw, given)
    return Case(
        input=draw(tensors(given, (*planes, length))),
        kernel_size=kernel,
        stride=draw(maybe(integers(1, 5))),
        padding=draw(integers(0, kernel // 2)),
        ceil_mode=draw(booleans()),
        count_include_pad=draw(booleans()),
    )


task = Task(
    reference,
    cases,
    fixed_cases=(
        pooled(2, 3, 12, kernel=2),
        pooled(2, 3, 13, kernel=3, stride=2, padding=1),
        pooled(2, 3, 13, kernel=3, stride=2, padding=1, count_include_pad=False),
        pooled(2, 2, 14, kernel=3, ceil_mode=True),
        # In the next two cases the last window reaches past the padding: what lies beyond it never counts.
        pooled(1, 3, 12, kernel=4, stride=3, padding=2, ceil_mode=True),
        pooled(1, 3, 12, kernel=4, stride=3, padding=2, ceil_mode=True, count_include_pad=False),
        pooled(1, 1, 1, kernel=1),
        pooled(2, 3, 129, kernel=5, stride=1),
        pooled(3, 7, 17, kernel=4, stride=7, padding=2, ceil_mode=True),
        pooled(1, 2, 1030, kernel=1025, stride=2),
        pooled(1, 1, 2049, kernel=3, ceil_mode=True),
        pooled(1, 4, 1030, kernel=2, stride=1, padding=1),
        pooled(65, 3, 8, kernel=3, stride=1, padding=1, count_include_pad=False),
        pooled(2, 8, 8, kernel=2, stride=3, ceil_mode=True),
        pooled(2, 3, 31, kernel=31),
    ),
    large=(
        pooled(257, 3, 8, kernel=3, stride=1, padding=1),
        pooled(1, 257, 12, kernel=4, stride=3, padding=2),
        pooled(1, 2, 9_001, kernel=4_999, stride=1_000),
        pooled(1, 1, 70_001, kernel=3),
    ),
    accumulation=lambda case: case.kernel_size,
    workloads={
        "speech_downsampling": Case(input=Tensor((64, 512, 8192), "float16"), kernel_size=4, stride=2, padding=1),
        "positional_phases": Case(input=Tensor((32, 256, 16384)), kernel_size=3),
    },
    aliases=("cos_avg_pool1d",),
)
