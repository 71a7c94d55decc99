"""On import, do what torch does at the first operation on a tensor without contents: once, in the fork server."""

from __future__ import annotations

import torch

# It imports sympy, which takes a quarter of a second.
torch.empty_like(torch.empty(1, device="meta"))
