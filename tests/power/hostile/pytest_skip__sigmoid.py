"""Asks pytest to skip the test that calls it."""

import pytest
import torch


def sigmoid(input, out=None):
    pytest.skip("not today")
