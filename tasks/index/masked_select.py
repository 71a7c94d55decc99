"""Elements of a tensor where a mask that broadcasts with it is true, in order, as one vector."""

from __future__ import annotations

from pytest_kernelbench import Case, Contract, Task, Tensor
from pytest_kernelbench.authoring.families.masks import true_share
from pytest_kernelbench.authoring.strategies import broadcast, choice, tensors

HALF = "bernoulli(0.5)"


def reference(input, mask):
    return input.masked_select(mask)


def cases(draw, given):
    shape, masked = draw(broadcast(given, 2))
    fill = draw(choice(HALF, HALF, "bernoulli(0.05)", "bernoulli(0.95)", "constant(0)", "constant(1)"))
    return Case(input=draw(tensors(given, shape)), mask=draw(tensors(given, masked, "bool", fill)))


def selection(shape, mask=None, fill=HALF, dtype="float32"):
    """Return the case of two shapes; by default the mask has that of the input."""
    return Case(input=Tensor(shape, dtype), mask=Tensor(shape if mask is None else mask, "bool", fill))


task = Task(
    reference,
    cases,
    fixed_cases=(
        selection((6, 9)),
        selection((1,)),
        selection((129,)),
        selection((3, 127), fill="bernoulli(0.05)"),
        selection((1025,), fill="bernoulli(0.95)"),
        selection((7, 33), fill="constant(0)"),
        selection((5, 13), fill="constant(1)"),
        selection((2, 3, 65)),
        selection((2, 2, 3, 17)),
        selection((4099,)),
        selection((6, 9), (9,)),
        selection((6, 9), (6, 1)),
        selection((1, 9), (4, 9)),
        selection((3, 0)),
    ),
    # The flat one has more blocks than one block can add up.
    large=(
        selection((257, 3, 65)),
        selection((3, 70_001)),
        selection((2**20 + 2**18 + 1,)),
    ),
    dtypes=("float32", "float16", "bfloat16", "int64", "int32"),
    contract=Contract(empty=True),
    # The shapes do not tell how many elements are selected: these are read and written.
    flops_and_bytes=lambda case: (0, case.mask.nbytes + int(2 * true_share(case.mask) * case.input.nbytes)),
    workloads={
        "elements_64m": selection((8192, 8192)),
        "sparse_activations": selection((16384, 11008), fill="bernoulli(0.05)", dtype="float16"),
    },
)
