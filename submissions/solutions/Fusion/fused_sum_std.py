"""Standard deviation of the sums over any dimensions: sums in wide accumulators, then one small pass over them."""

import torch
from _common.moments import deviations
from _common.sums import identity, total


def fused_sum_std(input, dim=None, keepdim=False, dtype=None, correction=1, out=None):
    kind = dtype or input.dtype
    wide = torch.float64 if kind == torch.float64 else torch.float32
    sums = total(input, dim, dtype=wide)
    # The sums have the dtype of the result before their deviation is taken, as documented.
    return deviations(sums.to(kind), None, correction, False, identity, out)
