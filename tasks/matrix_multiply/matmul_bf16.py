"""Matrix product of bfloat16 tensors, input @ other, summed in float32: matrices, batches, or a vector on the left.

The documentation has no other broadcasting of `torch.matmul`, so none is tested.
"""

from __future__ import annotations

from pytest_kernelbench.authoring.families.products import half_precision_product


def reference(input, other):
    return input @ other


task = half_precision_product(reference, "bfloat16")
