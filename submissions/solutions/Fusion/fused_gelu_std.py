"""Standard deviation of GELU over any dimensions in one read; few long rows are split. Bound by memory."""

from _common.activations import gelu_function
from _common.moments import deviations


def fused_gelu_std(input, dim=None, keepdim=False, correction=1, approximate="none", out=None):
    return deviations(input, dim, correction, keepdim, gelu_function(approximate), out)
