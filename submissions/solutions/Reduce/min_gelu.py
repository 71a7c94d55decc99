"""Smallest value of GELU along one dimension or of all elements, in one read. Bound by memory."""

from _common.activations import gelu_function
from _common.minima import minima


def min_gelu(input, dim=None, keepdim=False, approximate="none", out=None):
    values, _ = minima(input, dim, keepdim, gelu_function(approximate), places=False)
    return values if out is None else out.resize_(values.shape).copy_(values)
