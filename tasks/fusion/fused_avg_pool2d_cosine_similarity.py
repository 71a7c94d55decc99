"""2-d average pooling of the cosine similarity of two images over their channels; padding counts as zeros.

Norms are 0 or well above `eps`: the documentation does not say whether `eps` bounds each norm or their product.
"""

from __future__ import annotations

from pytest_kernelbench import Case, Contract, Task, Tensor
from pytest_kernelbench.authoring.strategies import choice, integers, maybe, tensors
from pytest_kernelbench.authoring.strategies.conv import images


def reference(x1, x2, kernel_size, stride=None, padding=0, eps=1e-8):
    from torch.nn.functional import avg_pool2d, cosine_similarity

    return avg_pool2d(cosine_similarity(x1, x2, dim=1, eps=eps).unsqueeze(1), kernel_size, stride, padding)


def cases(draw, given):
    kernel = draw(integers(1, 4))
    padding = draw(integers(0, kernel // 2))
    batch, channels = draw(integers(1, 2)), draw(integers(2, 7))
    least = kernel - 2 * padding or 1
    shape = (batch, channels, *draw(images(given, (least, least), given.limit // (batch * channels))))
    return Case(
        x1=draw(tensors(given, shape)),
        x2=draw(tensors(given, shape)),
        kernel_size=kernel,
        stride=draw(maybe(integers(1, 4))),
        padding=padding,
        eps=draw(choice(1e-8, 1e-6)),
    )


def compared(*shape, **options):
    """Return the case of two images of a shape."""
    return Case(x1=Tensor(shape), x2=Tensor(shape), **options)


task = Task(
    reference,
    cases,
    fixed_cases=(
        compared(1, 3, 8, 8, kernel_size=2),
        compared(2, 5, 7, 9, kernel_size=3, stride=2),
        compared(1, 4, 6, 10, kernel_size=3, stride=1, padding=1),
        compared(1, 4, 5, 3, kernel_size=2, padding=1),
        compared(1, 2, 9, 11, kernel_size=2, stride=3, eps=1e-6),
        compared(1, 1, 4, 5, kernel_size=2),
        compared(1, 3, 1, 1, kernel_size=1),
        compared(3, 129, 2, 4, kernel_size=2),
        compared(1, 1025, 2, 2, kernel_size=1),
        compared(1, 3, 2, 129, kernel_size=2, stride=4),
        compared(1, 3, 65, 3, kernel_size=4, padding=2),
        # With a norm of 1 in the other image, both readings of `eps` give the same result.
        Case(
            x1=Tensor((1, 1, 4, 5), fill="normal(0, 1e-8)"),
            x2=Tensor((1, 1, 4, 5), fill="signs"),
            kernel_size=2,
            eps=1e-6,
        ),
    ),
    large=(
        compared(1, 2, 257, 5, kernel_size=2),
        compared(1, 2, 4, 257, kernel_size=2),
        compared(1, 2, 70, 70, kernel_size=70),
        compared(257, 3, 4, 3, kernel_size=2),
        compared(1, 3_000, 4, 3, kernel_size=2),
    ),
    contract=Contract(
        values=("normal(0, 30)", "normal(1000, 0.1)", "outliers", "constant(1)", "integers(0, 2)", "integers(-3, 4)"),
        inf=False,
    ),
    accumulation=lambda case: max(case.x1.shape[1], case.kernel_size**2),
    workloads={
        "resnet50_stage1_features": Case(
            x1=Tensor((64, 256, 56, 56), "float16"), x2=Tensor((64, 256, 56, 56), "float16"), kernel_size=2
        ),
    },
)
