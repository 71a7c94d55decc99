"""log(x) minus a series of Bernoulli numbers at 8 or more, reached by the recurrence. Bound by arithmetic.

Negative numbers are reflected (Abramowitz and Stegun, 6.3.7). float32 is enough: each term is rounded once, and the
terms of the recurrence are added from the smallest on.
"""

from __future__ import annotations

import torch
from _common.gamma import digamma as elementwise


def digamma(input_tensor: torch.Tensor) -> torch.Tensor:
    return elementwise(input_tensor)
