"""tensor1 @ tensor2, with the broadcasting rules of `torch.matmul`: vectors, matrices and batches."""

from __future__ import annotations

from pytest_kernelbench import Case, Tensor
from pytest_kernelbench.authoring.families.products import product_task
from pytest_kernelbench.authoring.strategies import choice, integers, sizes, tensors


def reference(tensor1, tensor2):
    return tensor1 @ tensor2


def cases(draw, given):
    m, n, k = (draw(sizes(given, 1, largest)) for largest in (33, 33, 129))
    kind = draw(choice("mm", "mm", "bmm", "broadcast", "shared", "mv", "bmv", "vm", "bvm", "dot"))
    batch = draw(integers(1, 3))
    left, right = {
        "mm": ((m, k), (k, n)),
        "bmm": ((batch, m, k), (batch, k, n)),
        "broadcast": ((batch, 1, m, k), (2, k, n)),
        "shared": ((batch, m, k), (k, n)),
        "mv": ((m, k), (k,)),
        "bmv": ((batch, m, k), (k,)),
        "vm": ((k,), (k, n)),
        "bvm": ((k,), (batch, k, n)),
        "dot": ((k,), (k,)),
    }[kind]
    return Case(tensor1=draw(tensors(given, left)), tensor2=draw(tensors(given, right)))


def product(left, right):
    """Return the case of two shapes."""
    return Case(tensor1=Tensor(left), tensor2=Tensor(right))


task = product_task(
    reference,
    cases,
    (
        product((16, 32), (32, 24)),
        product((1, 1), (1, 1)),
        product((33, 65), (65, 17)),
        product((129, 8), (8, 130)),
        product((5, 1025), (1025, 3)),
        product((3, 7, 9), (3, 9, 5)),
        product((2, 1, 7, 9), (4, 9, 5)),
        product((7, 9), (9,)),
        product((9,), (9, 5)),
        product((19,), (19,)),
    ),
    accumulation=lambda case: case.tensor1.shape[-1],
    workloads={
        "llama_7b_qkv": Case(tensor1=Tensor((4096, 4096), "float16"), tensor2=Tensor((4096, 12288), "float16")),
    },
)
