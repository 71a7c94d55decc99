"""Raises an exception that `except Exception` does not catch."""

import torch


class Unusual(BaseException):
    def __str__(self):
        raise Unusual


def sigmoid(input, out=None):
    raise Unusual
