"""The speed of light of a GPU: how many bytes and operations a second it allows, measured once, and a share of them.

Measured: bandwidth as the better of `copy_` and `add` on arrays of 1 GB; arithmetic as the best square product of
cuBLAS, 4096 and 8192 wide, on random normal data (zeros draw less power and run faster), sustained for 0.3 s.

Where nothing can be measured, what the maker publishes stands in, and is marked so. Dense rates, without sparsity, with
float32 accumulators; sources: NVIDIA's data sheets of A100 (2021), H100 (2023), H200 (2024), L4, L40S and of the DGX
B200; the white papers of the GA102, AD102 and Blackwell RTX architectures for the GeForce cards (appendix tables "peak
tensor TFLOPS with FP32 accumulate"); AMD's data sheet of the Instinct MI300X (2023).
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pytest_kernelbench.devices.listing import Gpu
from pytest_kernelbench.model.cache import folder

SCHEMA = 1
"""Raised when the same GPU would be measured otherwise."""

ARRAY_BYTES = 1 << 30
WIDTHS = (4096, 8192)
SUSTAINED = 0.3
"""Seconds for which a product is repeated: long enough that power limits it as they limit kernels."""

PATIENCE = 180.0
"""Seconds that measuring may take."""

PLAUSIBLE = (0.6, 1.02)
"""A measured ceiling below or above these shares of the published one is worth a note."""

FLOAT8 = "float8_e4m3fn"


@dataclass(frozen=True, slots=True)
class Ceilings:
    """What a GPU allows."""

    bandwidth: float
    """Bytes a second, read and written together."""
    flops: Mapping[str, float]
    """Multiplications and additions a second by dtype; `tf32` is float32 with rounded inputs."""
    source: str
    """`measured` or `datasheet`."""

    def share(self, *, flops: float, moved_bytes: float, dtype: str, seconds: float) -> float | None:
        """Return how much of the speed of light a run of `seconds` reaches: max(bytes / BW, flops / FLOPS) / seconds.

        Arithmetic of a dtype without a ceiling is left out: the share is then a lower bound.
        """
        if seconds <= 0:
            return None
        arithmetic = flops / self.flops[dtype] if dtype in self.flops else 0.0
        return max(moved_bytes / self.bandwidth, arithmetic) / seconds

    def doubts(self, published: Ceilings | None) -> list[str]:
        """Return what is strange about these beside the published ones."""
        if published is None:
            return []
        pairs = {"bandwidth": (self.bandwidth, published.bandwidth)}
        pairs |= {name: (rate, published.flops[name]) for name, rate in self.flops.items() if name in published.flops}
        low, high = PLAUSIBLE
        shares = {name: ours / theirs for name, (ours, theirs) in pairs.items()}
        return [
            f"{name} is {share:.0%} of the published one" for name, share in shares.items() if not low <= share <= high
        ]


def _sheet(bandwidth: float, **tera: float) -> Ceilings:
    """Make a line of the table: GB/s, and TFLOP/s by dtype."""
    flops = {name: rate * 1e12 for name, rate in tera.items()}
    flops["float16"] = flops["bfloat16"]
    return Ceilings(bandwidth * 1e9, flops, "datasheet")


DATASHEETS: tuple[tuple[str, Ceilings], ...] = (
    (r"A100.*80GB PCIe", _sheet(1935, float64=19.5, float32=19.5, tf32=156, bfloat16=312)),
    (r"A100.*80GB", _sheet(2039, float64=19.5, float32=19.5, tf32=156, bfloat16=312)),
    (r"A100", _sheet(1555, float64=19.5, float32=19.5, tf32=156, bfloat16=312)),
    (r"H100 PCIe", _sheet(2000, float64=51, float32=51, tf32=378, bfloat16=756, float8_e4m3fn=1513)),
    (r"H100.*NVL", _sheet(3900, float64=60, float32=60, tf32=417.5, bfloat16=835.5, float8_e4m3fn=1671)),
    (r"H100", _sheet(3350, float64=67, float32=67, tf32=494.5, bfloat16=989.5, float8_e4m3fn=1979)),
    (r"H200", _sheet(4800, float64=67, float32=67, tf32=494.5, bfloat16=989.5, float8_e4m3fn=1979)),
    (r"B200", _sheet(8000, float64=40, float32=80, tf32=1125, bfloat16=2250, float8_e4m3fn=4500)),
    (r"L40S", _sheet(864, float32=91.6, tf32=183, bfloat16=362, float8_e4m3fn=733)),
    (r"L4$", _sheet(300, float32=30.3, tf32=60, bfloat16=121, float8_e4m3fn=242.5)),
    (r"RTX 3090$", _sheet(936, float32=35.6, tf32=35.6, bfloat16=71)),
    (r"RTX 4090$", _sheet(1008, float32=82.6, tf32=82.6, bfloat16=165.2, float8_e4m3fn=330.3)),
    (r"RTX 5090$", _sheet(1792, float32=104.8, tf32=104.8, bfloat16=209.5, float8_e4m3fn=419)),
    (r"MI300X", _sheet(5300, float64=163.4, float32=163.4, tf32=653.7, bfloat16=1307.4, float8_e4m3fn=2614.9)),
)
"""Published ceilings; the first pattern that is found in the model's name."""


def published(model: str) -> Ceilings | None:
    """Return what the maker says of a model, where the table has it."""
    return next((sheet for pattern, sheet in DATASHEETS if re.search(pattern, model)), None)


def ceilings(gpu: Gpu, run: Callable[[Gpu], str] | None = None) -> Ceilings | None:
    """Return the ceilings of a GPU: as measured before with this driver, else measured now, else as published.

    `run` measures in a process of its own and returns what that printed.
    """
    path = folder("ceilings") / f"{gpu.uuid}-{gpu.driver}-{SCHEMA}.json"
    with contextlib.suppress(OSError, ValueError, TypeError):
        return _read(path.read_text(encoding="utf-8"))
    try:
        text = (run or _in_a_process)(gpu)
        found = _read(text.strip().splitlines()[-1])
    except (OSError, subprocess.SubprocessError, ValueError, TypeError, IndexError):
        return published(gpu.model)
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False, encoding="utf-8") as stream:
            stream.write(json.dumps(asdict(found)))
        os.replace(stream.name, path)
    return found


def _read(text: str) -> Ceilings:
    """Return the ceilings of a line of JSON; raises `ValueError` or `TypeError` where it does not hold together."""
    fields = json.loads(text)
    found = Ceilings(**fields)
    rates = (found.bandwidth, *found.flops.values())
    if found.source != "measured" or not all(isinstance(rate, float) and 0 < rate < math.inf for rate in rates):
        raise ValueError("not what is measured")
    return found


def _in_a_process(gpu: Gpu) -> str:
    environ = {**os.environ, "CUDA_VISIBLE_DEVICES": gpu.uuid}
    command = [sys.executable, "-m", "pytest_kernelbench.devices.ceilings"]
    return subprocess.run(
        command,
        env=environ,
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=True,
    ).stdout


def measure(torch: Any, seconds_of: Callable[[Callable[[], object], float], float]) -> Ceilings:
    """Measure the current GPU; `seconds_of(call, least)` gives seconds per call, repeated for `least` seconds."""
    bandwidth = _bandwidth(torch, seconds_of)
    rates = {}
    for name, make in _products(torch):
        # A dtype that this GPU or this torch lacks has no ceiling.
        with contextlib.suppress(RuntimeError, NotImplementedError, AttributeError):
            rates[name] = max(2 * width**3 / seconds_of(make(width), SUSTAINED) for width in WIDTHS)
    return Ceilings(bandwidth, rates, "measured")


def _bandwidth(torch: Any, seconds_of: Callable[[Callable[[], object], float], float]) -> float:
    _, memory = torch.cuda.mem_get_info()
    count = min(ARRAY_BYTES, memory // 8) // 4
    a, b, c = (torch.randn(count, device="cuda") for _ in range(3))
    copied = 2 * 4 * count / seconds_of(lambda: c.copy_(a), SUSTAINED)
    added = 3 * 4 * count / seconds_of(lambda: torch.add(a, b, out=c), SUSTAINED)
    return float(max(copied, added))


def _products(torch: Any) -> Iterator[tuple[str, Callable[[int], Callable[[], object]]]]:
    """Yield names of dtypes with what makes a product of two square matrices of a width."""

    def plain(dtype: str, tf32: bool = False) -> Callable[[int], Callable[[], object]]:
        def make(width: int) -> Callable[[], object]:
            torch.backends.cuda.matmul.allow_tf32 = tf32
            a, b = (torch.randn(width, width, device="cuda").to(getattr(torch, dtype)) for _ in range(2))
            return lambda: a @ b

        return make

    def eight(width: int) -> Callable[[], object]:
        a, b = (torch.randn(width, width, device="cuda").to(getattr(torch, FLOAT8)) for _ in range(2))
        one = torch.ones((), device="cuda")
        return lambda: torch._scaled_mm(a, b.t(), scale_a=one, scale_b=one, out_dtype=torch.bfloat16)

    for dtype in ("float64", "float32", "float16", "bfloat16"):
        yield dtype, plain(dtype)
    yield "tf32", plain("float32", tf32=True)
    yield FLOAT8, eight


def sustained(torch: Any, call: Callable[[], object], least: float) -> float:
    """Return seconds per call by events, sustained; what is measured first is the warm-up."""

    def timed(times: int) -> float:
        start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        start.record()
        for _ in range(times):
            call()
        end.record()
        end.synchronize()
        return float(start.elapsed_time(end)) / 1e3 / times

    timed(2)
    times = max(3, math.ceil(least / timed(2)))
    timed(max(1, times // 3))
    return timed(times)


def main() -> None:
    """Measure the one GPU that this process sees, and print its ceilings as a line of JSON."""
    import torch

    found = measure(torch, lambda call, least: sustained(torch, call, least))
    sys.stdout.write(json.dumps(asdict(found)) + "\n")


if __name__ == "__main__":
    main()
