"""Attention, softmax(scale * q @ k.T) @ v, of queries, keys and values of one shape (batch, heads, length, depth).

The scale is 1 / sqrt(depth) by default. With `causal` a query sees only its own and earlier positions.
"""

from __future__ import annotations

from pytest_kernelbench import Case, Task, Tensor
from pytest_kernelbench.authoring.families.contracts import FINITE
from pytest_kernelbench.authoring.strategies import booleans, choice, integers, maybe, numbers, sizes, tensors


def reference(q, k, v, causal=False, softmax_scale=None, *, out=None):
    from torch.nn.functional import scaled_dot_product_attention

    return scaled_dot_product_attention(q, k, v, is_causal=causal, scale=softmax_scale)


def cases(draw, given):
    depth = draw(sizes(given, 1, 130) if given.facet == "sizes" else choice(16, 32, 64))
    heads, batch = draw(integers(1, 3)), draw(integers(1, 2))
    length = draw(sizes(given, 1, given.limit // (batch * heads * depth)))
    q, k, v = (draw(tensors(given, (batch, heads, length, depth))) for _ in range(3))
    return Case(q=q, k=k, v=v, causal=draw(booleans()), softmax_scale=draw(maybe(numbers(0.05, 1.5))))


def heads(*shape, dtype="float32", **options):
    """Return the case of a shape (batch, heads, length, depth)."""
    return Case(q=Tensor(shape, dtype), k=Tensor(shape, dtype), v=Tensor(shape, dtype), **options)


task = Task(
    reference,
    cases,
    fixed_cases=(
        heads(1, 2, 32, 16),
        heads(1, 2, 32, 16, causal=True),
        heads(2, 1, 17, 32, softmax_scale=0.5),
        heads(1, 1, 129, 16),
        heads(1, 1, 129, 16, causal=True),
        heads(2, 3, 7, 16, causal=True, softmax_scale=1.0),
        heads(1, 1, 1, 64),
        heads(1, 2, 33, 40),
        heads(2, 3, 21, 33),
        heads(1, 1, 65, 1, causal=True),
        heads(1, 1, 1030, 4, causal=True),
        heads(1, 1, 3, 129),
    ),
    large=(
        heads(33, 7, 3, 16),
        heads(1, 1, 600, 16),
        heads(1, 1, 600, 16, causal=True),
        heads(2, 67, 3, 8),
        heads(1, 1, 2_100, 4),
    ),
    long_sums=(heads(1, 1, 600, 16),),
    contract=FINITE,
    tf32=True,
    accumulation=lambda case: max(case.q.shape[-2:]),
    # Masked keys must not win where all scores are low: those are -inf, and not -1e9.
    value_cases=tuple(
        Case(
            q=Tensor((1, 2, length, 16), fill="uniform(1e5, 2e5)"),
            k=Tensor((1, 2, length, 16), fill="uniform(-2e5, -1e5)"),
            v=Tensor((1, 2, length, 16)),
            causal=causal,
        )
        for length, causal in ((33, False), (33, True))
    ),
    workloads={
        "gpt2_causal": heads(8, 12, 1024, 64, dtype="float16", causal=True),
        "llama_7b_prefill": heads(1, 32, 2048, 128, dtype="float16", causal=True),
    },
)
