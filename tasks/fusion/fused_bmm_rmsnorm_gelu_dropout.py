"""Batched matrix product, RMS normalisation over trailing dimensions, GELU, then dropout.

The normalisation divides by sqrt(mean of squares + eps), has no scale of its own, and covers `normalized_shape`: an
int or a sequence that is the end of the product's shape.
"""

from __future__ import annotations

from math import prod

from pytest_kernelbench import Case, Contract, Task, Tensor
from pytest_kernelbench.strategies import choice, integers, sizes, tensors

MOST = 30_000
"""Products of one drawn case."""


def reference(
    input1, input2, normalized_shape, dropout_p=0.1, eps=1e-5, training=True, approximate="none", *, out=None
):
    from torch.nn.functional import dropout

    return dropout(activated(input1, input2, normalized_shape, eps, approximate), dropout_p, training)


def kept(input1, input2, normalized_shape, dropout_p=0.1, eps=1e-5, training=True, approximate="none", *, out=None):
    """Return the result without a dropped element."""
    # Eager rounds the scale to the dtype of its mask.
    scale = input1.new_tensor(1 / (1 - dropout_p) if training and dropout_p < 1 else 1)
    return activated(input1, input2, normalized_shape, eps, approximate) * scale


def dropped(input1, input2, normalized_shape, dropout_p=0.1, eps=1e-5, training=True, approximate="none", *, out=None):
    """Return the result of dropped elements alone."""
    return input1.new_zeros(*input1.shape[:2], input2.shape[2])


def activated(input1, input2, normalized_shape, eps, approximate):
    """Return what dropout is applied to."""
    from torch.nn.functional import gelu, rms_norm

    shape = (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)
    return gelu(rms_norm(input1.bmm(input2), shape, eps=eps), approximate=approximate)


def chance(case):
    """Return the probability that an element is dropped."""
    return case.arguments.get("dropout_p", 0.1) if case.arguments.get("training", True) else 0.0


def cases(draw, given):
    batch = draw(integers(1, 3))
    n = draw(sizes(given, 1, 130))
    p = draw(sizes(given, 1, min(130, given.limit // n)))
    m = draw(sizes(given, 1, max(1, min(given.limit // max(n, p), MOST // (batch * n * p)))))
    return Case(
        input1=draw(tensors(given, (batch, n, m))),
        input2=draw(tensors(given, (batch, m, p), fill=small(m))),
        normalized_shape=draw(choice(p, (p,), [p], (n, p), (batch, n, p))),
        dropout_p=draw(choice(0.5, 0.25, 0.75, 0.0, 1.0)),
        eps=draw(choice(1e-5, 1e-3, 0.1)),
        training=draw(choice(True, True, False)),
        approximate=draw(choice("none", "tanh")),
    )


def small(m):
    """Return a second factor that keeps sums of `m` products near the first: nothing overflows in half precision."""
    return f"normal(0, {m**-0.5:.2g})"


def product(batch, n, m, p, dtype="float32", normalized_shape=None, **options):
    """Return the case of `batch` products (n, m) by (m, p); rows are normalised where nothing else is given."""
    return Case(
        input1=Tensor((batch, n, m), dtype),
        input2=Tensor((batch, m, p), dtype, small(m)),
        normalized_shape=normalized_shape or p,
        **options,
    )


def longest_sum(case):
    """Return the longer of the product's sum and the normalisation's."""
    shape = case.normalized_shape
    return max(case.input1.shape[-1], shape if isinstance(shape, int) else prod(shape))


task = Task(
    reference,
    cases,
    spine=(
        product(2, 32, 8, 64),
        product(2, 16, 8, 24, training=False),
        product(3, 7, 5, 9, dropout_p=0.0, eps=0.1, approximate="tanh"),
        product(2, 9, 4, 7, dropout_p=1.0),
        product(1, 33, 17, 65, dropout_p=0.25, normalized_shape=(65,)),
        product(2, 33, 3, 31, dropout_p=0.75, normalized_shape=(33, 31), approximate="tanh"),
        product(2, 5, 6, 7, training=False, normalized_shape=[2, 5, 7], eps=1e-2),
        product(2, 4, 3, 129, dropout_p=0.5, eps=1e-3),
        product(2, 3, 1025, 5, training=False, normalized_shape=[5]),
        product(1, 2, 3, 1025, dropout_p=0.0),
        product(1, 2, 2, 2049, dropout_p=0.5),
        product(1, 1, 1, 2, dropout_p=0.0),
    ),
    contract=Contract(nan=False, inf=False, deterministic=False),
    compare="outcomes",
    outcomes=(kept, dropped),
    chance=chance,
    tf32=True,
    accumulation=longest_sum,
    workloads={"mixtral_8_experts": product(8, 1024, 4096, 14336, dtype="float16")},
)
