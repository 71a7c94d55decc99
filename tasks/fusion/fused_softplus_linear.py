"""Softplus of `input @ weight.T + bias`, with an optional bias: log(1 + exp(beta x)) / beta, and x above the threshold.

The threshold is that of beta * x. The result jumps there, and a right sum may lie on either side. So low thresholds,
with a visible jump, come with whole numbers, whose sums are exact and not at the threshold.

The shipped reference compares x itself with the threshold.
"""

from __future__ import annotations

from pytest_kernelbench import Case
from pytest_kernelbench.authoring.families.linear_layers import drawn_layer, drawn_sizes, layer, linear_layer
from pytest_kernelbench.authoring.strategies import booleans, choice

WHOLE = {"fill": "integers(-2, 3)", "weight": "integers(-2, 3)"}


def reference(input, weight, bias=None, beta=1, threshold=20):
    from torch.nn.functional import linear, softplus

    return softplus(linear(input, weight, bias), beta, threshold)


def cases(draw, given):
    sizes = drawn_sizes(draw, given)
    low = draw(booleans())
    return Case(
        **drawn_layer(draw, given, of=sizes, **(WHOLE if low else {})),
        beta=draw(choice(1, 0.5, 2)) if low else draw(choice(1, 0.5, 3, 1.7)),
        threshold=2.3 if low else draw(choice(20, 10.7, 40)),
    )


task = linear_layer(
    reference,
    cases,
    (
        layer((4,), 16, 12),
        layer((4,), 5, 3, bias=False, beta=0.5),
        layer((7,), 5, 65, **WHOLE, threshold=2.3),
        layer((40,), 3, 9, **WHOLE, beta=0.5, threshold=1.8),
        layer((7,), 33, 65, beta=3, threshold=40),
        layer((3,), 129, 40, bias=False, beta=0.25),
        layer((2,), 9, 1025, beta=2.5, threshold=10.7),
        layer((3,), 1025, 7),
        layer((2, 5), 8, 17, beta=3),
        layer((2, 3, 2), 6, 9, bias=False),
        layer((19,), 1, 1, beta=1.7),
        layer((9,), 1, 130),
        layer((130,), 3, 10),
        layer((), 31, 17),
    ),
    workloads={
        "mamba_2_8b_time_step": layer((2, 8192), 160, 5120, dtype="float16"),
        "feed_forward_4096_to_11008": layer((4, 2048), 4096, 11008, bias=False, dtype="float16"),
    },
    aliases=("softplus_linear",),
)
