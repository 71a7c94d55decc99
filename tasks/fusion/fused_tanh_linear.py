"""tanh(input @ weight.T + bias), with an optional bias."""

from __future__ import annotations

from pytest_kernelbench import Case
from pytest_kernelbench.authoring.families.linear_layers import drawn_layer, linear_layer, unit_layer
from pytest_kernelbench.authoring.families.products import unit_sums


def reference(input, weight, bias=None):
    from torch.nn.functional import linear

    return linear(input, weight, bias).tanh()


def cases(draw, given):
    return Case(**drawn_layer(draw, given, None if given.facet == "values" else unit_sums))


task = linear_layer(
    reference,
    cases,
    (
        unit_layer((4,), 16, 12),
        unit_layer((4,), 5, 3, bias=False),
        unit_layer((7,), 33, 65),
        unit_layer((3,), 129, 40, bias=False),
        unit_layer((2,), 9, 1025),
        unit_layer((3,), 1025, 7),
        unit_layer((2, 5), 8, 17),
        unit_layer((2, 3, 2), 6, 9, bias=False),
        unit_layer((19,), 1, 1),
        unit_layer((9,), 1, 130),
        unit_layer((130,), 3, 10),
        unit_layer((), 31, 17),
    ),
    workloads={"bert_large_pooler_every_token": unit_layer((32, 512), 1024, 1024, dtype="float16")},
    aliases=("tanh_linear",),
)
