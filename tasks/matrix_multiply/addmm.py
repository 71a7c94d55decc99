"""beta * input + alpha * (mat1 @ mat2), where input broadcasts; with beta = 0 input is ignored, its NaN included."""

from __future__ import annotations

from pytest_kernelbench import Case, Tensor
from pytest_kernelbench.authoring.families.products import MAX_PRODUCTS, factors, product_task
from pytest_kernelbench.authoring.strategies import choice, sizes, tensors


def reference(input, mat1, mat2, *, beta=1, alpha=1, out=None):
    return input.addmm(mat1, mat2, beta=beta, alpha=alpha)


def cases(draw, given):
    m = draw(sizes(given, 1, 160))
    n = draw(sizes(given, 1, 160))
    k = draw(sizes(given, 1, max(1, MAX_PRODUCTS // (m * n))))
    beta = draw(factors())
    added = draw(choice((m, n), (n,), (1, n), (m, 1), (1,), ()))
    return Case(
        input=draw(tensors(given, added, fill=None if beta else "nan")),
        mat1=draw(tensors(given, (m, k))),
        mat2=draw(tensors(given, (k, n))),
        beta=beta,
        alpha=draw(factors()),
    )


def affine(m, n, k, added=None, fill="normal", **options):
    """Return the case of an (m, k) by (k, n) product; `added` is the shape of `input`, by default (m, n)."""
    shape = (m, n) if added is None else added
    return Case(input=Tensor(shape, fill=fill), mat1=Tensor((m, k)), mat2=Tensor((k, n)), **options)


task = product_task(
    reference,
    cases,
    (
        affine(16, 24, 32),
        affine(1, 1, 1),
        affine(33, 17, 65, beta=0.5, alpha=-2.0),
        affine(9, 7, 5, added=(7,)),
        affine(9, 7, 5, added=(1, 7), beta=2),
        affine(9, 7, 5, added=(9, 1), alpha=0.25),
        affine(9, 9, 5, added=(), beta=-1.5),
        affine(9, 7, 5, fill="nan", beta=0),
        affine(9, 7, 5, alpha=0),
        affine(129, 130, 6),
        affine(3, 2, 1025),
    ),
    accumulation=lambda case: case.mat1.shape[-1],
    workloads={
        "bert_large_ffn": Case(
            input=Tensor((4096,), "float16"),
            mat1=Tensor((16384, 1024), "float16"),
            mat2=Tensor((1024, 4096), "float16"),
        ),
    },
)
