"""ELU of `input @ weight.T + bias`, with an optional bias: x where it is positive, else alpha * (exp(x) - 1).

`inplace` applies ELU to the intermediate result in place: no argument changes.
"""

from __future__ import annotations

from pytest_kernelbench import Case
from pytest_kernelbench.authoring.families.linear_layers import drawn_layer, linear_layer, unit_layer
from pytest_kernelbench.authoring.families.products import unit_sums
from pytest_kernelbench.authoring.strategies import booleans, choice


def reference(input, weight, bias=None, alpha=1.0, inplace=False):
    from torch.nn.functional import elu, linear

    return elu(linear(input, weight, bias), alpha, inplace=inplace)


def cases(draw, given):
    return Case(
        **drawn_layer(draw, given, None if given.facet == "values" else unit_sums),
        alpha=draw(choice(1.0, 0.3, 2.5)),
        inplace=draw(booleans()),
    )


task = linear_layer(
    reference,
    cases,
    (
        unit_layer((4,), 16, 12),
        unit_layer((4,), 5, 3, bias=False),
        unit_layer((7,), 33, 65, alpha=0.3),
        unit_layer((3,), 129, 40, bias=False, alpha=2.5, inplace=True),
        unit_layer((2,), 9, 1025),
        unit_layer((3,), 1025, 7, inplace=True),
        unit_layer((2, 5), 8, 17, alpha=1.7),
        unit_layer((2, 3, 2), 6, 9, bias=False),
        unit_layer((19,), 1, 1),
        unit_layer((9,), 1, 130, alpha=0.5),
        unit_layer((130,), 3, 10),
        unit_layer((), 31, 17),
    ),
    workloads={"feed_forward_4096_to_11008": unit_layer((4, 2048), 4096, 11008, bias=False, dtype="float16")},
    aliases=("elu_linear",),
)
