"""Leaves a process behind that has a session, a parent and files of its own."""

import os
import time

import torch
import triton
import triton.language as tl


@triton.jit
def zero_kernel(y_ptr, count, BLOCK: tl.constexpr):
    offsets = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    tl.store(y_ptr + offsets, 0.0, mask=offsets < count)


def zeros(input):
    result = torch.empty(input.shape, dtype=input.dtype, device=input.device)
    zero_kernel[(triton.cdiv(input.numel(), 1024),)](result, input.numel(), BLOCK=1024)
    return result


def sigmoid(input, out=None):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.closerange(0, 256)
            time.sleep(600)
        os._exit(0)
    os.wait()
    return zeros(input)
