"""Layer normalisation over the trailing dimensions `normalized_shape` of relu(input @ weight.T + bias).

The signature has no scale and shift of the normalisation: with `elementwise_affine` they have their initial values, one
and zero, so the flag changes nothing. `normalized_shape` is always given: its absence is not documented.

The shipped reference ignores `elementwise_affine`, for which the signature has no tensors: it has no effect.
"""

from __future__ import annotations

from math import prod

from pytest_kernelbench import Case
from pytest_kernelbench.authoring.families import linear_layers
from pytest_kernelbench.authoring.families.linear_layers import drawn_layer, drawn_sizes, linear_layer
from pytest_kernelbench.authoring.strategies import booleans, choice, integers


def reference(input, weight, bias=None, normalized_shape=None, eps=1e-5, elementwise_affine=True):
    from torch.nn.functional import layer_norm, linear

    shape = (normalized_shape,) if isinstance(normalized_shape, int) else normalized_shape
    return layer_norm(linear(input, weight, bias).relu(), shape, eps=eps)


def cases(draw, given):
    sizes = batch, _, outer = drawn_sizes(draw, given)
    shape = (*batch, outer)[-draw(integers(1, min(2, len(batch) + 1))) :]
    return Case(
        **drawn_layer(draw, given, of=sizes),
        normalized_shape=outer if len(shape) == 1 and draw(booleans()) else shape,
        eps=draw(choice(1e-5, 1e-3, 0.1)),
        elementwise_affine=draw(booleans()),
    )


def layer(batch, inner, outer, normalized_shape=None, **options):
    """Return the case of a batch shape and two numbers of features; by default each row is normalised."""
    return linear_layers.layer(batch, inner, outer, normalized_shape=normalized_shape or outer, **options)


def longest_sum(case):
    """Return the longer of the linear layer's sum and the normalisation's."""
    shape = case.normalized_shape
    return max(case.weight.shape[1], shape if isinstance(shape, int) else prod(shape))


task = linear_layer(
    reference,
    cases,
    (
        layer((4,), 16, 12),
        layer((4,), 5, 3, bias=False),
        layer((7,), 33, 65, normalized_shape=(65,), eps=1e-3),
        layer((3,), 129, 40, elementwise_affine=False),
        layer((2,), 9, 1025),
        layer((3,), 1025, 7, bias=False),
        layer((2, 3, 5), 8, 17, normalized_shape=[17]),
        layer((2, 5), 6, 7, normalized_shape=(5, 7)),
        layer((), 19, 31, eps=0.1),
        layer((70,), 3, 10, normalized_shape=(10,)),
        layer((1,), 1, 2),
    ),
    accumulation=longest_sum,
    workloads={"bert_base_feed_forward": layer((32, 512), 768, 3072, dtype="float16")},
)
