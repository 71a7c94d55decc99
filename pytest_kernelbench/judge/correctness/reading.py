"""The line that explains a file that the sandbox did not let a kernel read, with the setting that allows it."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path

from pytest_kernelbench.host.settings import RunnerSettings
from pytest_kernelbench.sandbox import policy
from pytest_kernelbench.wire.device_names import on_gpu

_FILE = re.compile(r"PermissionError: \[Errno 13\] [^:]*: '(/[^']*)'")
_MODULE = re.compile(r"(?:ModuleNotFoundError|ImportError): No module named '(\w+)")


def refused_reading(message: str, settings: RunnerSettings) -> str | None:
    """Return which file the sandbox did not let a runner read, and what allows it; None for any other message."""
    if settings.sandbox == "off":
        return None
    if found := _FILE.match(message):
        path = Path(found[1])
        return _told(path, _folder(path)) if not _readable(path, settings) else None
    if found := _MODULE.match(message):
        place = _place(found[1])
        if place is not None and not _readable(place, settings):
            return _told(place, place.parent)
        if place is None:
            return "a kernel imports what is installed here, and what lies in the folders of --kb-path=FOLDER"
    return None


def _told(path: Path, folder: Path) -> str:
    return f"the sandbox did not let the kernel read {path}: --kb-path={folder} allows that folder, and no other"


def _readable(path: Path, settings: RunnerSettings) -> bool:
    """Whether the rules of the sandbox let a runner read a path."""
    own = settings.origin.roots if settings.origin is not None else ()
    roots = [*policy.readable(gpu=on_gpu(settings.device)), *own, *map(Path, settings.paths)]
    real = Path(path).resolve()
    return any(root == real or root in real.parents for root in (each.resolve() for each in roots))


def _folder(path: Path) -> Path:
    """Return the folder that has to be on the path for the package of a file; for other files, their folder."""
    folder = path if path.is_dir() else path.parent
    while (folder / "__init__.py").is_file():
        folder = folder.parent
    return folder


def _place(module: str) -> Path | None:
    """Return where the judge would import a module from; nothing is imported."""
    try:
        spec = importlib.util.find_spec(module) if module not in sys.modules else sys.modules[module].__spec__
    except (ImportError, ValueError):
        return None
    if spec is None:
        return None
    places = list(spec.submodule_search_locations or ()) or ([spec.origin] if spec.has_location and spec.origin else [])
    return Path(places[0]) if places else None
