"""Hard shrinkage, 0 where |x| <= lambd and else x, of the dropout of the input, which scales by 1 / (1 - p).

With `inplace` the input afterwards holds the result of dropout, otherwise it is unchanged. Hard shrinkage jumps at
lambd, where rounding would decide: a scale that is rounded comes with whole numbers, whose multiples are not near
lambd.
"""

from __future__ import annotations

from pytest_kernelbench import Case, Contract, Tensor
from pytest_kernelbench.authoring.families.dropout import dropout_task, scale_of_kept
from pytest_kernelbench.authoring.strategies import booleans, choice, shapes, tensors

WHOLE = "integers(-3, 4)"


def reference(input, p=0.5, training=True, inplace=False, lambd=0.5):
    from torch.nn.functional import dropout, hardshrink

    return hardshrink(dropout(input, p, training, inplace), lambd)


def kept(input, p=0.5, training=True, inplace=False, lambd=0.5):
    """Return the result without a dropped element; if in place, the input shows it, too."""
    from torch.nn.functional import hardshrink

    scale = scale_of_kept(input, p, training)
    return hardshrink(input.mul_(scale) if inplace else input * scale, lambd)


def dropped(input, p=0.5, training=True, inplace=False, lambd=0.5):
    """Return the result where every element is dropped; if in place, the input shows it, too."""
    return input.zero_().clone() if inplace else input.new_zeros(input.shape)


def cases(draw, given):
    exact = draw(booleans())
    return Case(
        input=draw(tensors(given, draw(shapes(given, 1, 4)), fill=None if exact else WHOLE)),
        p=draw(choice(0.5, 0.75, 0.0, 1.0)) if exact else draw(choice(0.25, 0.3, 0.6)),
        training=draw(choice(True, True, False)),
        inplace=draw(booleans()),
        lambd=draw(choice(0.5, 1.0, 0.0, 2.0)) if exact else draw(choice(0.5, 1.7, 0.0)),
    )


def shrunk(*shape, fill="normal", dtype="float32", **options):
    """Return the case of one shape."""
    return Case(input=Tensor(shape, dtype, fill), **options)


task = dropout_task(
    reference,
    cases,
    (
        shrunk(32, 32),
        shrunk(32, 33, training=False),
        shrunk(129, lambd=1.0),
        shrunk(3, 1025, p=0.75, lambd=2.0),
        shrunk(4, 300, p=0.25, fill=WHOLE),
        shrunk(3, 7, 41, p=0.0, lambd=1.0),
        shrunk(5, 7, p=1.0),
        shrunk(2, 3, 5, 65, inplace=True),
        shrunk(40, 31, p=0.75, inplace=True, lambd=1.0),
        shrunk(9, 17, p=1.0, inplace=True),
        shrunk(33, 7, training=False, inplace=True, lambd=0.25),
        shrunk(4099, lambd=0.0),
        shrunk(3, 0),
        shrunk(training=False),
        shrunk(1, training=False),
    ),
    kept,
    dropped,
    many_draws=shrunk(36, 1000, lambd=0.0),
    contract=Contract(nan=False, inf=False, zero_dim=True, empty=True, deterministic=False),
    mutates=("input",),
    workloads={"elements_64m": shrunk(8192, 8192, dtype="float16")},
)
