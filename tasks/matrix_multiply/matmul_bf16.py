"""Matrix product of bfloat16 tensors, summed in float32: matrices, batches of them, and a vector at the left.

Other broadcasting of `torch.matmul` is not documented and never asked.
"""

from __future__ import annotations

from pytest_kernelbench import Case, Contract, Task, Tensor
from pytest_kernelbench.strategies import choice, sizes, tensors


def reference(input, other):
    return input @ other


def cases(draw, given):
    m, n, k = (draw(sizes(given, 1, most)) for most in (33, 33, 129))
    batch = draw(choice((), (), (1,), (2,), (3,), None))
    left = (k,) if batch is None else (*batch, m, k)
    return Case(input=draw(tensors(given, left)), other=draw(tensors(given, (*(batch or ()), k, n))))


def product(left, right):
    """Return the case of two shapes."""
    return Case(input=Tensor(left, "bfloat16"), other=Tensor(right, "bfloat16"))


task = Task(
    reference,
    cases,
    spine=(
        product((16, 32), (32, 24)),
        product((1, 1), (1, 1)),
        product((33, 65), (65, 17)),
        product((129, 8), (8, 130)),
        product((3, 2049), (2049, 2)),
        product((5, 1025), (1025, 3)),
        product((3, 7, 9), (3, 9, 5)),
        product((2, 17, 33), (2, 33, 16)),
        product((9,), (9, 5)),
        product((129,), (129, 33)),
    ),
    dtypes=("bfloat16",),
    contract=Contract(nan=False, inf=False),
    accumulation=lambda case: case.input.shape[-1],
    workloads={
        "llama_7b_qkv": product((4096, 4096), (4096, 12288)),
        "attention_scores": product((512, 1024, 128), (512, 128, 1024)),
    },
)
