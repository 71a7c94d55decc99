"""Log-softmax along one dimension of `input @ weight.T + bias`, computed in `dtype` where it is given."""

from __future__ import annotations

from pytest_kernelbench import Case, DType, Tensor
from pytest_kernelbench.authoring.families.linear_layers import drawn_layer, drawn_sizes, layer, linear_layer
from pytest_kernelbench.authoring.strategies import choice, dims
from pytest_kernelbench.model.case import replace


def reference(input, weight, bias=None, dim=-1, dtype=None):
    from torch.nn.functional import linear

    return linear(input, weight, bias).log_softmax(dim, dtype=dtype)


def cases(draw, given):
    sizes = batch, _, outer = drawn_sizes(draw, given, 1030)
    return Case(
        **drawn_layer(draw, given, of=sizes),
        dim=draw(dims((*batch, outer))),
        dtype=draw(choice(None, None, DType("float32"), DType("float64"))),
    )


def converted(dtype, *sizes, **options):
    """Return the case with the argument `dtype`."""
    return replace(layer(*sizes), dtype=DType(dtype), **options)


def longest_sum(case):
    """Return the longer of the linear layer's sum and the softmax's."""
    shape = (*case.input.shape[:-1], case.weight.shape[0])
    return max(case.weight.shape[1], shape[case.arguments.get("dim", -1)])


task = linear_layer(
    reference,
    cases,
    (
        layer((4,), 16, 12),
        layer((4,), 5, 3, bias=False),
        layer((7,), 33, 65, dim=1),
        layer((129,), 6, 5, dim=0),
        layer((2,), 9, 1025),
        layer((3,), 4, 2049, bias=False),
        layer((3,), 1025, 7, dim=-2),
        layer((2, 5), 8, 17, dim=1),
        layer((2, 3, 5), 6, 9, dim=-3),
        layer((17,), 4, 1),
        layer((), 31, 33, dim=0),
        converted("float64", (5,), 8, 40),
        converted("float32", (5,), 8, 40, dim=0),
    ),
    accumulation=longest_sum,
    # Masked lanes past the end of a row must not win where the whole row is low: they are -inf, and not -1e9.
    value_cases=(
        replace(layer((4,), 16, 12), bias=Tensor((12,), fill="uniform(-2e10, -1e10)")),
        replace(layer((2,), 9, 1025), bias=Tensor((1025,), fill="uniform(-2e10, -1e10)")),
    ),
    workloads={
        "gpt2_vocabulary": layer((8, 1024), 768, 50257, bias=False, dtype="float16"),
        "llama_2_7b_vocabulary": layer((4096,), 4096, 32000, bias=False, dtype="bfloat16"),
    },
    aliases=("log_softmax_linear",),
)
