"""The files of a submission that its kernels import: helpers, which are no kernels themselves. None of them is run."""

from __future__ import annotations

import ast
import functools
import hashlib
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath

from pytest_kernelbench.model.answers import code_of
from pytest_kernelbench.model.catalogue import Catalogue, category_of
from pytest_kernelbench.model.code import decoded, parsed
from pytest_kernelbench.model.errors import KernelBenchError
from pytest_kernelbench.model.source import is_variant

MAX_BYTES = 1 << 19
"""Bytes of all helpers of one kernel together, as JSON."""

INSTALLED = frozenset({*sys.stdlib_module_names, "torch", "triton", "numpy"})
"""Modules that are never looked for in a submission."""

PACKAGE = "__init__.py"


def helpers_of(path: Path, root: Path) -> dict[str, str]:
    """Return the code of all modules that a kernel's file imports from its submission, by their paths as modules.

    A module is looked for beside the kernel, then in the folders above, up to `root`. Of a package all files are
    taken, since it may import them by name. Raises `KernelBenchError` where they are too large.
    """
    files = sorted(helper_files(path, root).items())
    # Python itself decodes them when they are imported, and so it says what is wrong with one that is not UTF-8.
    helpers = {name: file.read_bytes().decode("utf-8", "surrogateescape") for name, file in files}
    return _within(helpers, str(path))


def checked_helpers(helpers: Mapping[str, str]) -> dict[str, str]:
    """Return helpers that a program gives, by their paths; raises `KernelBenchError` for one of no module."""
    for name in helpers:
        path = PurePosixPath(name)
        if path.suffix != ".py" or not all(part.isidentifier() for part in path.with_suffix("").parts):
            raise KernelBenchError(f"helpers: {name!r} is no path of a module, such as helpers.py or pack/__init__.py")
    return _within(dict(helpers), "helpers")


def _within(helpers: dict[str, str], whose: str) -> dict[str, str]:
    """Return helpers that are small enough; raises `KernelBenchError`."""
    size = len(json.dumps(helpers))
    if size > MAX_BYTES:
        raise KernelBenchError(
            f"{whose}: imports {size:,} bytes of its submission ({_shown(helpers)}); {MAX_BYTES:,} at most"
        )
    return helpers


def _shown(helpers: Mapping[str, str]) -> str:
    """Return the names of the largest helpers."""
    names = sorted(helpers, key=lambda name: -len(helpers[name]))
    return ", ".join([*names[:3], *(["..."] if len(names) > 3 else [])])


def helper_files(path: Path, root: Path) -> dict[str, Path]:
    """Return the files that a kernel's file imports from its submission, by their paths as modules."""
    folders = [folder for folder in path.parents if folder == root or root in folder.parents]
    found: dict[str, Path] = {}
    known: set[str] = set()
    waiting = [path]
    while waiting:
        file = waiting.pop()
        for top in _imported(file.read_bytes()) - known:
            known.add(top)
            for name, helper in _module(top, folders):
                if name not in found and helper != path:
                    found[name] = helper
                    waiting.append(helper)
    return found


def without_helpers(files: Iterable[Path], root: Path, catalogue: Catalogue) -> list[Path]:
    """Return the files that are kernels: all but those that a kernel imports and that match no task.

    What lies in a package and is imported is no kernel, whatever its name.
    """
    files = list(files)
    unclear = {file for file in files if file.suffix == ".py" and not _is_kernel(file, root, catalogue)}
    if not unclear:
        return files
    kernels = [file for file in files if file.suffix == ".py" and file not in unclear]
    imported = {helper for kernel in kernels for helper in helper_files(kernel, root).values()}
    return [file for file in files if file not in unclear or file not in imported]


def digest_with(digest: str, helpers: Mapping[str, str]) -> str:
    """Return the SHA-256 of a kernel with its helpers, from that of the kernel alone."""
    if not helpers:
        return digest
    parts = [digest, *(part for name, text in sorted(helpers.items()) for part in (name, text))]
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


def _is_kernel(file: Path, root: Path, catalogue: Catalogue) -> bool:
    """Whether a file has the name of a task and does not lie in a package."""
    for folder in file.parents:
        if folder == root or root not in folder.parents:
            break
        if (folder / PACKAGE).is_file() and category_of(folder.name) is None and not is_variant(folder):
            return False
    try:
        catalogue.match(file.stem)
    except KernelBenchError:
        return False
    return True


@functools.lru_cache(maxsize=1024)
def _imported(contents: bytes) -> frozenset[str]:
    """Return the first parts of the names of the modules that a file imports; many kernels share their helpers."""
    try:
        tree = parsed(code_of(decoded(contents)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return frozenset()
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found.update(alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            found.add(node.module.partition(".")[0])
    return frozenset(found)


def _module(name: str, folders: Iterable[Path]) -> Iterator[tuple[str, Path]]:
    """Yield the files of a module or a package in the first folder that has it, with their paths as modules."""
    if name in INSTALLED:
        return
    for folder in folders:
        package, module = folder / name, folder / f"{name}.py"
        if (package / PACKAGE).is_file():
            yield from ((file.relative_to(folder).as_posix(), file) for file in sorted(package.rglob("*.py")))
            return
        if module.is_file():
            yield module.name, module
            return
