"""List the GPUs of this machine and those that the caller may use, without torch and without a CUDA context."""

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
"""Environment variable whose value replaces the output of `nvidia-smi`, for tests."""

FIELDS = ("index", "uuid", "name", "memory.total", "driver_version", "mig.mode.current")
"""Fields that `nvidia-smi --query-gpu` prints, in this order."""

PROC = Path("/proc/driver/nvidia")
"""Where the kernel module lists its GPUs, used where there is no `nvidia-smi`."""

TIMEOUT_NVIDIA_SMI = 20.0
"""Seconds that `nvidia-smi` may take: without persistence mode it initialises every GPU first."""

_INSTANCE = re.compile(r"^\s+MIG (?P<profile>\S+)\s+Device\s+\d+: \(UUID: (?P<uuid>MIG-[^)]+)\)")
_PARENT = re.compile(r"^GPU (?P<index>\d+): ")
_PROFILE_MEMORY = re.compile(r"\.(\d+)gb")
_UNIT = re.compile(r"sxm\d*|pcie|nvl|hbm\d*e?|\d+gb")
_MAKER = frozenset("nvidia geforce tesla quadro amd instinct radeon gpu generation edition".split())  # noqa: SIM905


@dataclass(frozen=True, slots=True)
class Gpu:
    """A GPU, or a MIG instance of one."""

    index: int
    """Number in `nvidia-smi`, in the order of the PCI bus."""
    uuid: str
    """`GPU-...` or `MIG-...`, as in `CUDA_VISIBLE_DEVICES`."""
    model: str
    """Name that the driver reports."""
    memory: int = 0
    """Bytes of memory; 0 where unknown."""
    driver: str = ""
    """Version of the driver."""

    @property
    def slug(self) -> str:
        """The model as a word without memory size and socket: `h100`, `rtx_4090`."""
        return slug(self.model)


def gpus(environ: Mapping[str, str] = os.environ) -> tuple[Gpu, ...]:
    """Return the GPUs that the caller may use, in the order of CUDA.

    Raises `KernelBenchError` where `CUDA_VISIBLE_DEVICES` is ambiguous.
    """
    return visible(every(environ), environ)


def torch_has_cuda() -> bool:
    """Whether the installed torch was built for CUDA; reads a file of it, since importing torch takes seconds."""
    found = importlib.util.find_spec("torch")
    if found is None or found.origin is None:
        return False
    text = _text(Path(found.origin).with_name("version.py"))
    return re.search(r"^cuda\b[^=\n]*= *['\"]", text, re.MULTILINE) is not None


def every(environ: Mapping[str, str] = os.environ) -> tuple[Gpu, ...]:
    """Return all GPUs of this machine, as `nvidia-smi` lists them, or else /proc."""
    if (text := environ.get(PRETENDED)) is not None:
        return parse(text)
    program = shutil.which("nvidia-smi")
    text = _output([program, f"--query-gpu={','.join(FIELDS)}", "--format=csv,noheader,nounits"]) if program else ""
    divided = any(row.endswith("Enabled") for row in text.splitlines())
    return parse(text, _output([str(program), "-L"]) if divided else "") or from_proc(PROC)


def parse(table: str, instances: str = "") -> tuple[Gpu, ...]:
    """Return the GPUs in a table of `FIELDS` separated by commas.

    `instances` is the output of `nvidia-smi -L`. A GPU in MIG mode is replaced by its instances, because it cannot be
    used as a whole.
    """
    found: list[Gpu] = []
    instances_of = _instances(instances)
    for row in csv.reader(table.splitlines(), skipinitialspace=True):
        if len(row) < len(FIELDS) - 1 or not row[0].isdigit():
            continue
        index, uuid, model, memory, driver, *mode = (cell.strip() for cell in row)
        gpu = Gpu(int(index), uuid, model, int(memory) << 20 if memory.isdigit() else 0, driver)
        if mode == ["Enabled"]:
            found += [_instance(gpu, *each) for each in instances_of.get(gpu.index, ())]
        else:
            found.append(gpu)
    return tuple(found)


def from_proc(root: Path) -> tuple[Gpu, ...]:
    """Return the GPUs that the kernel module lists in the folder `root`, without memory sizes and MIG instances."""
    found = []
    version = re.search(r"Kernel Module(?: for \S+)?\s+([\d.]+)", _text(root / "version"))
    for index, path in enumerate(sorted(root.glob("gpus/*/information"))):
        lines = dict(line.partition(":")[::2] for line in _text(path).splitlines())
        fields = {name.strip(): value.strip() for name, value in lines.items()}
        if fields.get("GPU UUID", "").startswith("GPU-"):
            model = fields.get("Model", "unknown")
            found.append(Gpu(index, fields["GPU UUID"], model, driver=version[1] if version else ""))
    return tuple(found)


def visible(found: Sequence[Gpu], environ: Mapping[str, str]) -> tuple[Gpu, ...]:
    """Return the GPUs that `CUDA_VISIBLE_DEVICES` selects, in its order; all where it is not set.

    The variable lists numbers or prefixes of UUIDs, separated by commas; as in CUDA, the first entry that matches no
    GPU ends the list. Raises `KernelBenchError` for numbers on a machine with several models, unless
    `CUDA_DEVICE_ORDER=PCI_BUS_ID` is set: CUDA then numbers the fastest GPU first, and this must not guess which.
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
    """Return the model of a GPU as a word that can be part of a node id: `NVIDIA A100-SXM4-80GB` gives `a100`."""
    whole, _, profile = model.lower().partition(" mig ")
    words = re.findall(r"[a-z0-9]+", whole)
    telling = [word for word in words if word not in _MAKER and not _UNIT.fullmatch(word)]
    return "_".join([*(telling or words), *(["mig", *re.findall(r"[a-z0-9]+", profile)] if profile else [])])


def _named(name: str, found: Sequence[Gpu], environ: Mapping[str, str]) -> Gpu | None:
    """Return the GPU that one entry of `CUDA_VISIBLE_DEVICES` selects."""
    if name.isdigit():
        models = {gpu.model.partition(" MIG ")[0] for gpu in found}
        if len(models) > 1 and environ.get("CUDA_DEVICE_ORDER") != "PCI_BUS_ID":
            advice = "set CUDA_DEVICE_ORDER=PCI_BUS_ID, or use UUIDs"
            raise KernelBenchError(f"CUDA_VISIBLE_DEVICES={name} is ambiguous with several models of GPU: {advice}")
        return next((gpu for gpu in found if gpu.index == int(name)), None)
    matching = [gpu for gpu in found if name and gpu.uuid.startswith(name)]
    return matching[0] if len(matching) == 1 else None


def _instances(text: str) -> dict[int, list[tuple[str, str]]]:
    """Return profile and UUID of each MIG instance by the number of its GPU."""
    found: dict[int, list[tuple[str, str]]] = {}
    index = -1
    for line in text.splitlines():
        if parent := _PARENT.match(line):
            index = int(parent["index"])
        elif instance := _INSTANCE.match(line):
            found.setdefault(index, []).append((instance["profile"], instance["uuid"]))
    return found


def _instance(gpu: Gpu, profile: str, uuid: str) -> Gpu:
    memory = _PROFILE_MEMORY.search(profile)
    return Gpu(gpu.index, uuid, f"{gpu.model} MIG {profile}", int(memory[1]) << 30 if memory else 0, gpu.driver)


def _output(command: Iterable[str]) -> str:
    """Return what a command prints; empty where it fails."""
    try:
        done = subprocess.run(list(command), capture_output=True, text=True, timeout=TIMEOUT_NVIDIA_SMI, check=True)
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout


def _text(path: Path) -> str:
    """Return the contents of a file; empty where it cannot be read."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
