"""Has Hypothesis discard every example."""

import hypothesis
import torch


def sigmoid(input, out=None):
    hypothesis.reject()
