"""Plants files that pytest and Python run by themselves, in its folder and wherever modules come from."""

import contextlib
import pathlib
import sys

import torch
import triton
import triton.language as tl

PLANTED = "# Planted by a hostile kernel.\n"


@triton.jit
def zero_kernel(y_ptr, count, BLOCK: tl.constexpr):
    offsets = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    tl.store(y_ptr + offsets, 0.0, mask=offsets < count)


def zeros(input):
    result = torch.empty(input.shape, dtype=input.dtype, device=input.device)
    zero_kernel[(triton.cdiv(input.numel(), 1024),)](result, input.numel(), BLOCK=1024)
    return result


def sigmoid(input, out=None):
    places = {pathlib.Path.cwd(), pathlib.Path(__file__).parent}
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] in ("pytest_kernelbench", "triton", "torch") and getattr(module, "__file__", None):
            places.update(list(pathlib.Path(module.__file__).parents)[:3])
    for place in [*places, *map(pathlib.Path, sys.path)]:
        for name in ("conftest.py", "sitecustomize.py", "usercustomize.py", "pytest.ini"):
            with contextlib.suppress(OSError):
                if not (place / name).exists():
                    (place / name).write_text(PLANTED)
    return zeros(input)
