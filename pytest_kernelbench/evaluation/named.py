"""Find the package of a named kernel without importing it."""

from __future__ import annotations

import functools
import hashlib
import importlib.util
import os
import sys
from collections.abc import Iterable, Sequence
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path

from pytest_kernelbench.model.catalogue import Catalogue
from pytest_kernelbench.model.errors import KernelBenchError, choices
from pytest_kernelbench.model.origin import Name, Origin
from pytest_kernelbench.model.submission import Kernel

PACKAGE = "__init__.py"


def named_kernel(name: Name, catalogue: Catalogue, paths: Sequence[str]) -> Kernel:
    """Return the kernel that a name stands for; raises `KernelBenchError` where there is no such task or module."""
    task = catalogue.match(name.task or name.function)
    origin = find(name, tuple(paths))
    return Kernel(task.name, task.category, origin.file, None, None, None, digest(origin), origin=origin)


def find(name: Name, paths: Sequence[str]) -> Origin:
    """Return where a named kernel lies: in `paths`, where the environment has it, or in an editable install.

    Nothing of the package is imported. Raises `KernelBenchError`.
    """
    places = [Path(place) for place in _places(name.top, tuple(paths))]
    if not places:
        there = f", and not in --kb-path={','.join(paths)}" if paths else "; name its folder, as in --kb-path=src"
        raise KernelBenchError(f"{name}: no module {name.top}: it is not installed{there}")
    file = _file(name, places)
    if file.suffix != ".py":
        raise KernelBenchError(f"{name}: {file} is no Python file")
    return Origin(name, file, tuple(places))


def digest(origin: Origin) -> str:
    """Return the SHA-256 over all Python files of a named kernel's package, and over the kernel's name."""
    whole = hashlib.sha256(str(origin.name).encode())
    for root in origin.roots:
        whole.update(_digest(root).encode())
    return whole.hexdigest()


@functools.cache
def _digest(root: Path) -> str:
    whole = hashlib.sha256()
    for file in sorted(root.rglob("*.py")) if root.is_dir() else (root,):
        whole.update(f"{file.relative_to(root)}\0".encode("utf-8", "surrogateescape"))
        whole.update(hashlib.sha256(file.read_bytes()).digest())
    return whole.hexdigest()


def _places(top: str, paths: tuple[str, ...]) -> Iterable[str]:
    """Return the folders of a package, or the file of a module."""
    spec = PathFinder.find_spec(top, list(paths)) if paths else None
    if spec is None and (loaded := sys.modules.get(top)) is not None:
        spec = getattr(loaded, "__spec__", None)
    if spec is None:
        spec = importlib.util.find_spec(top) if top not in sys.modules else None
    return _of(spec) if spec is not None else ()


def _of(spec: ModuleSpec) -> list[str]:
    if spec.submodule_search_locations is not None:
        return [os.path.abspath(place) for place in spec.submodule_search_locations]
    return [os.path.abspath(spec.origin)] if spec.origin and spec.has_location else []


def _file(name: Name, places: Sequence[Path]) -> Path:
    """Return the file of a module, by walking down from the folders of its package."""
    if not places[0].is_dir():
        if "." in name.module:
            raise KernelBenchError(f"{name}: {places[0]} is a module, and no package")
        return places[0]
    found: list[Path] = list(places)
    for part in name.module.split(".")[1:]:
        below = [folder / part for folder in found if folder.is_dir()]
        found = [each for each in below if each.is_dir()]
        found += [each.with_name(f"{part}.py") for each in below if each.with_name(f"{part}.py").is_file()]
        if not found:
            folder = below[0].parent if below else places[0]
            there = sorted({each.stem for each in folder.glob("[!_]*") if each.is_dir() or each.suffix == ".py"})
            raise KernelBenchError(f"{name}: no module {part} in {folder}: {choices(part, there)}")
    for each in found:
        if not each.is_dir():
            return each
        if (each / PACKAGE).is_file():
            return each / PACKAGE
    raise KernelBenchError(f"{name}: {found[0]} is a folder without {PACKAGE}: name a module in it")
