"""Dropout of sigmoid(input @ weight.T + bias), with an optional bias; dropout scales what it keeps by 1 / (1 - p).

`inplace` applies to the intermediate results: no argument changes.
"""

from __future__ import annotations

from pytest_kernelbench import Case
from pytest_kernelbench.authoring.families.dropout import dropout_task, scale_of_kept
from pytest_kernelbench.authoring.families.linear_layers import drawn_layer, unit_layer
from pytest_kernelbench.authoring.families.products import unit_sums
from pytest_kernelbench.authoring.strategies import booleans, choice


def reference(input, weight, bias=None, p=0.5, training=True, inplace=False):
    from torch.nn.functional import dropout, linear

    return dropout(linear(input, weight, bias).sigmoid(), p, training, inplace)


def kept(input, weight, bias=None, p=0.5, training=True, inplace=False):
    """Return the result without a dropped element."""
    return reference(input, weight, bias, training=False) * scale_of_kept(input, p, training)


def dropped(input, weight, bias=None, p=0.5, training=True, inplace=False):
    """Return the result where every element is dropped."""
    return input.new_zeros(*input.shape[:-1], weight.shape[0])


def cases(draw, given):
    return Case(
        **drawn_layer(draw, given, unit_sums),
        p=draw(choice(0.5, 0.25, 0.75, 0.0, 1.0)),
        training=draw(choice(True, True, False)),
        inplace=draw(booleans()),
    )


task = dropout_task(
    reference,
    cases,
    (
        unit_layer((32,), 16, 24),
        unit_layer((16,), 5, 33, bias=False, training=False),
        unit_layer((7,), 33, 65, p=0.25),
        unit_layer((3,), 129, 40, bias=False, p=0.0, inplace=True),
        unit_layer((6,), 8, 9, p=1.0),
        unit_layer((2,), 9, 1025, p=0.75, inplace=True),
        unit_layer((3,), 1025, 7, training=False, inplace=True),
        unit_layer((2, 5), 8, 130, p=0.1),
        unit_layer((2, 3, 2), 6, 9, bias=False),
        unit_layer((130,), 3, 10),
        unit_layer((), 31, 129),
        unit_layer((1,), 1, 1, training=False),
    ),
    kept,
    dropped,
    many_draws=unit_layer((120,), 4, 300),
    tf32=True,
    accumulation=lambda case: case.weight.shape[1],
    workloads={"bert_large_feed_forward": unit_layer((32, 512), 1024, 4096, dtype="float16", p=0.1)},
    aliases=("dropout_sigmoid_linear",),
)
