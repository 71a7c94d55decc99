"""The roofline of a GPU: the bytes and operations per second that it can reach, and the share that a kernel reaches.

The roofline is measured once for each GPU and driver. Bandwidth is the better of `copy_` and `add` on arrays of 1 GiB.
Arithmetic throughput is the best of two square matrix products of cuBLAS, 4096 and 8192 wide, on random normal data
(zeros draw less power and run faster), sustained for 0.3 s.

Where it cannot be measured, the published rates are used and marked as such. They are dense rates, without sparsity
and with float32 accumulation. Sources: NVIDIA's data sheets of A100 (2021), H100 (2023), H200 (2024), L4, L40S and of
the DGX B200; the white papers of the GA102, AD102 and Blackwell RTX architectures for the GeForce cards (appendix
tables "peak tensor TFLOPS with FP32 accumulate"); AMD's data sheet of the Instinct MI300X (2023).
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pytest_kernelbench.gpus.inventory import Gpu
from pytest_kernelbench.model.cache import folder, keep
from pytest_kernelbench.model.turns import UNDIVIDED, Turns

SCHEMA = 2
"""Version of the measurement; raise it when the method changes."""

ARRAY_BYTES = 1 << 30
"""Bytes of the arrays that bandwidth is measured with."""

WIDTHS = (4096, 8192)
"""Widths of the square matrices that arithmetic is measured with."""

SUSTAINED = 0.3
"""Seconds for which an operation is repeated: long enough for the power limit to act as it does on kernels."""

TIMEOUT_MEASURE = 180.0
"""Seconds that the measurement may take."""

PLAUSIBLE = (0.6, 1.02)
"""Smallest and largest share of the published rate that a measured rate may have without a note."""

IMPOSSIBLE = 1.05
"""Factor on measured rates beyond which a time must be false: kernels that only read are faster than copies."""

FLOAT8 = "float8_e4m3fn"
"""The float8 dtype that is measured."""


@dataclass(frozen=True, slots=True)
class Roofline:
    """The rates that a GPU can reach."""

    bandwidth: float
    """Bytes per second, read and written together."""
    flops: Mapping[str, float]
    """Multiplications and additions per second by dtype; `tf32` is float32 with rounded inputs."""
    source: str
    """`measured` or `datasheet`."""
    cache: int = 0
    """Bytes of the L2 cache; 0 where unknown."""

    def share(self, *, flops: float, moved_bytes: float, dtype: str, seconds: float) -> float | None:
        """Return the share of the roofline that a kernel reaches: max(bytes / bandwidth, flops / rate) / seconds.

        For a dtype without a known rate only the bytes count, so the share is a lower bound. None where `seconds` is 0.
        """
        if seconds <= 0:
            return None
        arithmetic = flops / self.flops[dtype] if dtype in self.flops else 0.0
        return max(moved_bytes / self.bandwidth, arithmetic) / seconds

    def beyond(self, published: Roofline | None) -> Roofline:
        """Return rates that no kernel exceeds: the measured ones and a margin, and the published ones where higher.

        Products of float32 with the accuracy of float32 can be made of three products of TF32 or bfloat16. None of
        float64 has a rate here, since products of integers can replace them.
        """
        rates = {name: IMPOSSIBLE * rate for name, rate in self.flops.items()}
        for name, rate in (published.flops if published is not None else {}).items():
            rates[name] = max(rates.get(name, 0.0), rate)
        parts = [rates[name] / 3 for name in ("tf32", "bfloat16") if name in rates]
        if "float32" in rates:
            rates["float32"] = max(rates["float32"], *parts, 0.0)
        rates.pop("float64", None)
        bandwidth = max(IMPOSSIBLE * self.bandwidth, published.bandwidth if published is not None else 0.0)
        return Roofline(bandwidth, rates, self.source, self.cache)

    def doubts(self, published: Roofline | None) -> list[str]:
        """Return notes on measured rates that are implausible beside the published ones."""
        if published is None:
            return []
        pairs = {"bandwidth": (self.bandwidth, published.bandwidth)}
        pairs |= {name: (rate, published.flops[name]) for name, rate in self.flops.items() if name in published.flops}
        low, high = PLAUSIBLE
        shares = {name: ours / theirs for name, (ours, theirs) in pairs.items()}
        return [
            f"{name} is {share:.0%} of the published rate" for name, share in shares.items() if not low <= share <= high
        ]


def _sheet(bandwidth: float, **tera: float) -> Roofline:
    """Return published rates, given in GB/s and, by dtype, in TFLOP/s; float16 is as fast as bfloat16."""
    flops = {name: rate * 1e12 for name, rate in tera.items()}
    flops["float16"] = flops["bfloat16"]
    return Roofline(bandwidth * 1e9, flops, "datasheet")


DATASHEETS: tuple[tuple[str, Roofline], ...] = (
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
"""Published rooflines, with patterns for the names of models; the first pattern that matches counts."""


def published(model: str) -> Roofline | None:
    """Return the published roofline of a model, or None."""
    return next((sheet for pattern, sheet in DATASHEETS if re.search(pattern, model)), None)


def roofline(gpu: Gpu, run: Callable[[Gpu], str] | None = None, turns: Turns = UNDIVIDED) -> Roofline | None:
    """Return the roofline of a GPU: from the cache, else measured now, else as published, else None.

    `run` measures in another process and returns what that prints; tests replace it. `turns` are those of the GPU,
    which is measured alone: what others do on it at the same time would become the limit of every kernel.
    """
    path = folder("roofline") / f"{gpu.uuid}-{gpu.driver}-{SCHEMA}.json"
    if (known := _kept(path)) is not None:
        return known
    with turns.alone():
        if (known := _kept(path)) is not None:  # another process has measured it meanwhile
            return known
        try:
            text = (run or _measured)(gpu)
            found = _read(text.strip().splitlines()[-1])
        except (OSError, subprocess.SubprocessError, ValueError, TypeError, IndexError):
            return published(gpu.model)
        keep(path, json.dumps(asdict(found)).encode())
        return found


def _kept(path: Path) -> Roofline | None:
    """Return the roofline that was measured earlier; None where there is none."""
    try:
        return _read(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, TypeError):
        return None


def _read(text: str) -> Roofline:
    """Return the measured roofline in a line of JSON; raises `ValueError` or `TypeError` where it is invalid."""
    fields = json.loads(text)
    found = Roofline(**fields)
    rates = (found.bandwidth, *found.flops.values())
    if found.source != "measured" or not all(isinstance(rate, float) and 0 < rate < math.inf for rate in rates):
        raise ValueError("expected a measured roofline with positive rates")
    return found


def _measured(gpu: Gpu) -> str:
    """Measure a GPU in another process, and return what that prints."""
    environ = {**os.environ, "CUDA_VISIBLE_DEVICES": gpu.uuid}
    command = [sys.executable, "-m", "pytest_kernelbench.gpus.roofline"]
    return subprocess.run(
        command,
        env=environ,
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=TIMEOUT_MEASURE,
        check=True,
    ).stdout


def measure(torch: Any, seconds_of: Callable[[Callable[[], object], float], float]) -> Roofline:
    """Measure the current GPU; `seconds_of(call, duration)` returns seconds per call, over `duration` seconds."""
    bandwidth = _bandwidth(torch, seconds_of)
    rates = {}
    for name, make in _products(torch):
        # A dtype that this GPU or this torch does not support has no rate.
        with contextlib.suppress(RuntimeError, NotImplementedError, AttributeError):
            rates[name] = max(2 * width**3 / seconds_of(make(width), SUSTAINED) for width in WIDTHS)
    cache = getattr(torch.cuda.get_device_properties(0), "L2_cache_size", 0)
    return Roofline(bandwidth, rates, "measured", int(cache))


def _bandwidth(torch: Any, seconds_of: Callable[[Callable[[], object], float], float]) -> float:
    _, memory = torch.cuda.mem_get_info()
    count = min(ARRAY_BYTES, memory // 8) // 4
    a, b, c = (torch.randn(count, device="cuda") for _ in range(3))
    copied = 2 * 4 * count / seconds_of(lambda: c.copy_(a), SUSTAINED)
    added = 3 * 4 * count / seconds_of(lambda: torch.add(a, b, out=c), SUSTAINED)
    return float(max(copied, added))


def _products(torch: Any) -> Iterator[tuple[str, Callable[[int], Callable[[], object]]]]:
    """Yield names of dtypes, each with a function from a width to a product of two square matrices."""

    def plain(dtype: str, tf32: bool = False) -> Callable[[int], Callable[[], object]]:
        def make(width: int) -> Callable[[], object]:
            torch.backends.cuda.matmul.allow_tf32 = tf32
            a, b = (torch.randn(width, width, device="cuda").to(getattr(torch, dtype)) for _ in range(2))
            return lambda: a @ b

        return make

    def float8(width: int) -> Callable[[], object]:
        a, b = (torch.randn(width, width, device="cuda").to(getattr(torch, FLOAT8)) for _ in range(2))
        one = torch.ones((), device="cuda")
        return lambda: torch._scaled_mm(a, b.t(), scale_a=one, scale_b=one, out_dtype=torch.bfloat16)

    for dtype in ("float64", "float32", "float16", "bfloat16"):
        yield dtype, plain(dtype)
    yield "tf32", plain("float32", tf32=True)
    yield FLOAT8, float8


def sustained(torch: Any, call: Callable[[], object], duration: float) -> float:
    """Return the seconds per call by CUDA events, over about `duration` seconds after a warm-up."""

    def timed(times: int) -> float:
        start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        start.record()
        for _ in range(times):
            call()
        end.record()
        end.synchronize()
        return float(start.elapsed_time(end)) / 1e3 / times

    timed(2)
    times = max(3, math.ceil(duration / timed(2)))
    timed(max(1, times // 3))
    return timed(times)


def main() -> None:
    """Measure the one GPU that this process can see, and print its roofline as a line of JSON."""
    import torch

    found = measure(torch, lambda call, duration: sustained(torch, call, duration))
    sys.stdout.write(json.dumps(asdict(found)) + "\n")


if __name__ == "__main__":
    main()
