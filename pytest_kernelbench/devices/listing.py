"""Which GPUs there are and which of them the caller may use, asked of the driver: no torch, and no CUDA context."""

from __future__ import annotations

import csv
import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pytest_kernelbench.model.errors import KernelBenchError

PRETENDED = "KB_PRETENDED_GPUS"
"""Environment variable with what `nvidia-smi` would print, for tests of what is done with a listing."""

FIELDS = ("index", "uuid", "name", "memory.total", "driver_version", "mig.mode.current")
"""What `nvidia-smi --query-gpu` is asked for, in this order."""

PROC = Path("/proc/driver/nvidia")

_PATIENCE = 20.0
"""Seconds that `nvidia-smi` gets: without persistence mode it wakes every GPU first."""

_INSTANCE = re.compile(r"^\s+MIG (?P<profile>\S+)\s+Device\s+\d+: \(UUID: (?P<uuid>MIG-[^)]+)\)")
_PARENT = re.compile(r"^GPU (?P<index>\d+): ")
_PROFILE_MEMORY = re.compile(r"\.(\d+)gb")
_UNIT = re.compile(r"sxm\d*|pcie|nvl|hbm\d*e?|\d+gb")
_MAKER = frozenset("nvidia geforce tesla quadro amd instinct radeon gpu generation edition".split())  # noqa: SIM905


@dataclass(frozen=True, slots=True)
class Gpu:
    """One GPU, or one MIG instance of a GPU that is divided."""

    index: int
    """Its number in `nvidia-smi`, which counts along the PCI bus."""
    uuid: str
    """`GPU-...` or `MIG-...`: what `CUDA_VISIBLE_DEVICES` takes."""
    model: str
    """Its name as the driver has it."""
    memory: int = 0
    """Bytes; 0 where the driver was not asked."""
    driver: str = ""
    """Version of the driver."""

    @property
    def slug(self) -> str:
        """Its model as a word: `h100`, `rtx_4090`; memory size and socket are left out."""
        return slug(self.model)


def gpus(environ: Mapping[str, str] = os.environ) -> tuple[Gpu, ...]:
    """Return the GPUs that the caller may use, in the order in which CUDA numbers them.

    Raises `KernelBenchError` where `CUDA_VISIBLE_DEVICES` cannot be understood with certainty.
    """
    return visible(every(environ), environ)


def torch_has_cuda() -> bool:
    """Whether the installed torch was built for CUDA; read in its files, since importing it takes seconds."""
    found = importlib.util.find_spec("torch")
    if found is None or found.origin is None:
        return False
    return (
        re.search(r"^cuda\b[^=\n]*= *['\"]", _text(Path(found.origin).with_name("version.py")), re.MULTILINE)
        is not None
    )


def every(environ: Mapping[str, str] = os.environ) -> tuple[Gpu, ...]:
    """Return all GPUs of the machine, whatever the caller may use: asked of `nvidia-smi`, else read in /proc."""
    if (text := environ.get(PRETENDED)) is not None:
        return parse(text)
    program = shutil.which("nvidia-smi")
    text = _output([program, f"--query-gpu={','.join(FIELDS)}", "--format=csv,noheader,nounits"]) if program else ""
    divided = any(row.endswith("Enabled") for row in text.splitlines())
    return parse(text, _output([str(program), "-L"]) if divided else "") or from_proc(PROC)


def parse(table: str, instances: str = "") -> tuple[Gpu, ...]:
    """Return the GPUs of a table of `FIELDS` by comma; `instances` is what `nvidia-smi -L` says of divided ones.

    A GPU in MIG mode cannot be used as a whole: its instances take its place.
    """
    found: list[Gpu] = []
    inside = _instances(instances)
    for row in csv.reader(table.splitlines(), skipinitialspace=True):
        if len(row) < len(FIELDS) - 1 or not row[0].isdigit():
            continue
        index, uuid, model, memory, driver, *mode = (cell.strip() for cell in row)
        gpu = Gpu(int(index), uuid, model, int(memory) << 20 if memory.isdigit() else 0, driver)
        if mode == ["Enabled"]:
            found += [_instance(gpu, *each) for each in inside.get(gpu.index, ())]
        else:
            found.append(gpu)
    return tuple(found)


def from_proc(root: Path) -> tuple[Gpu, ...]:
    """Return the GPUs that the kernel's module lists under `root`: without memory, and without MIG instances."""
    found = []
    version = re.search(r"Kernel Module\D*([\d.]+)", _text(root / "version"))
    for index, path in enumerate(sorted(root.glob("gpus/*/information"))):
        lines = dict(line.partition(":")[::2] for line in _text(path).splitlines())
        facts = {name.strip(): value.strip() for name, value in lines.items()}
        if facts.get("GPU UUID", "").startswith("GPU-"):
            model = facts.get("Model", "unknown")
            found.append(Gpu(index, facts["GPU UUID"], model, driver=version[1] if version else ""))
    return tuple(found)


def visible(found: Sequence[Gpu], environ: Mapping[str, str]) -> tuple[Gpu, ...]:
    """Return those GPUs that `CUDA_VISIBLE_DEVICES` leaves, in its order.

    It holds numbers, or beginnings of UUIDs, by comma; the first that names no GPU ends it, as CUDA has it. Raises
    `KernelBenchError` for numbers on a machine with several models, unless `CUDA_DEVICE_ORDER=PCI_BUS_ID`: CUDA would
    count the fastest first, and another GPU than the caller's must never be taken.
    """
    asked = environ.get("CUDA_VISIBLE_DEVICES")
    if asked is None:
        return tuple(found)
    chosen: dict[str, Gpu] = {}
    for name in asked.split(","):
        gpu = _named(name.strip(), found, environ)
        if gpu is None:
            break
        chosen.setdefault(gpu.uuid, gpu)
    return tuple(chosen.values())


def slug(model: str) -> str:
    """Return the model of a GPU as a word that can be a marker's: `NVIDIA A100-SXM4-80GB` is `a100`."""
    whole, _, profile = model.lower().partition(" mig ")
    words = re.findall(r"[a-z0-9]+", whole)
    telling = [word for word in words if word not in _MAKER and not _UNIT.fullmatch(word)]
    return "_".join([*(telling or words), *(["mig", *re.findall(r"[a-z0-9]+", profile)] if profile else [])])


def _named(name: str, found: Sequence[Gpu], environ: Mapping[str, str]) -> Gpu | None:
    """Return the GPU of one entry of `CUDA_VISIBLE_DEVICES`."""
    if name.isdigit():
        if (
            len({gpu.model.partition(" MIG ")[0] for gpu in found}) > 1
            and environ.get("CUDA_DEVICE_ORDER") != "PCI_BUS_ID"
        ):
            wanted = "CUDA_DEVICE_ORDER=PCI_BUS_ID, or UUIDs in CUDA_VISIBLE_DEVICES"
            raise KernelBenchError(f"CUDA_VISIBLE_DEVICES={name} is not certain among several models; set {wanted}")
        return next((gpu for gpu in found if gpu.index == int(name)), None)
    matching = [gpu for gpu in found if name and gpu.uuid.startswith(name)]
    return matching[0] if len(matching) == 1 else None


def _instances(text: str) -> dict[int, list[tuple[str, str]]]:
    """Return profile and UUID of each MIG instance by the number of its GPU."""
    inside: dict[int, list[tuple[str, str]]] = {}
    index = -1
    for line in text.splitlines():
        if parent := _PARENT.match(line):
            index = int(parent["index"])
        elif instance := _INSTANCE.match(line):
            inside.setdefault(index, []).append((instance["profile"], instance["uuid"]))
    return inside


def _instance(gpu: Gpu, profile: str, uuid: str) -> Gpu:
    memory = _PROFILE_MEMORY.search(profile)
    return Gpu(gpu.index, uuid, f"{gpu.model} MIG {profile}", int(memory[1]) << 30 if memory else 0, gpu.driver)


def _output(command: Iterable[str]) -> str:
    try:
        done = subprocess.run(list(command), capture_output=True, text=True, timeout=_PATIENCE, check=True)
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
