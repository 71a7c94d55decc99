"""GELU of `input[mask] + alpha * other`: the elements where the mask, which broadcasts, is true, as one vector.

Other is a number, a single element or, where the mask is true everywhere, a vector. Infinities are not tested.
"""

from __future__ import annotations

from math import prod

from pytest_kernelbench import Case, Task, Tensor
from pytest_kernelbench.authoring.families.contracts import any_shape
from pytest_kernelbench.authoring.families.masks import true_share
from pytest_kernelbench.authoring.strategies import broadcast, choice, integers, numbers, shapes, tensors


def reference(input, mask, other, *, alpha=1, approximate="none", out=None):
    from torch.nn.functional import gelu

    return gelu(input.masked_select(mask).add(other, alpha=alpha), approximate=approximate)


def cases(draw, given):
    # Far below zero GELU cancels in float32: if a draw moved all sums there, a right kernel would keep no digit.
    extreme = given.facet == "values"
    kind = draw(choice("number", "vector", *(() if extreme else ("element",))))
    if extreme or kind == "vector":
        left = right = (draw(integers(1, 8)), draw(integers(16, 64))) if extreme else draw(shapes(given, 1, 4))
    else:
        left, right = draw(broadcast(given))
    others = {
        "number": numbers(-0.5, 1),
        "vector": tensors(given, (prod(left),)),
        "element": tensors(given, draw(choice((), (1,)))),
    }
    share = "constant(1)" if kind == "vector" else draw(choice("bernoulli(0.5)", "bernoulli(0.9)", "bernoulli(0.1)"))
    return Case(
        input=draw(tensors(given, left)),
        mask=draw(tensors(given, right, "bool", share)),
        other=draw(others[kind]),
        alpha=draw(choice(1, 0.5, -1)),
        approximate=draw(choice("none", "tanh")),
    )


def selected(shape, covered=None, other=(), share="bernoulli(0.5)", dtype="float32", **options):
    """Return the case of a shape and that of its mask, by default the same; `other` is a number or a shape."""
    return Case(
        input=Tensor(shape, dtype),
        mask=Tensor(shape if covered is None else covered, "bool", share),
        other=Tensor(other, dtype) if isinstance(other, tuple) else other,
        **options,
    )


task = Task(
    reference,
    cases,
    fixed_cases=(
        selected((4, 15), other=0.5),
        selected((4, 15), other=0.5, approximate="tanh"),
        selected((129,), other=(1,), alpha=2),
        selected((1025,), other=-0.5, alpha=0.5),
        selected((3, 1025), (1025,), 1, approximate="tanh"),
        selected((5, 1, 7), (3, 1), (), alpha=-1),
        selected((17,), (4, 17), 0.25, alpha=3),
        selected((2, 3, 65), (2, 1, 65), 0.0, "bernoulli(0.1)"),
        selected((3, 127), None, (381,), "constant(1)", alpha=-0.5),
        selected((2, 2, 3, 17), (), (204,), "constant(1)", approximate="tanh"),
        selected((4099,), None, 0.75, "bernoulli(0.9)"),
        selected((33,), None, 0.5, "constant(0)"),
        selected((1,), None, (1,), "constant(1)"),
        selected((), None, 0.5, "constant(1)"),
        selected((3, 0), (3, 1), -0.5),
    ),
    # The flat one has more blocks than one block can add up.
    large=(
        selected((3, 70_001), (70_001,), 0.5),
        selected((2**20 + 2**18 + 1,), None, -0.5),
    ),
    contract=any_shape(inf=False),
    # The shapes do not tell how many elements are selected: these are read and written.
    flops_and_bytes=lambda case: (0, case.mask.nbytes + int(2 * true_share(case.mask) * case.input.nbytes)),
    workloads={
        "bert_base_masked_feed_forward": selected((16384, 3072), (16384, 1), 0.5, dtype="float16"),
        "sparse_activations_64m": selected((8192, 8192), None, (), "bernoulli(0.1)"),
    },
)
