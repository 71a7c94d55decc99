"""What `--kb-submission` selects, and the kernel files in it; files are told by their paths and not opened."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from pytest_kernelbench.model.catalogue import category_of
from pytest_kernelbench.model.errors import KernelBenchError, choices

SUBMISSIONS = "submissions"
"""The folder in the root of a project that holds submissions."""

METADATA = "submission.toml"

VARIANT = re.compile(r"(round|sample|try|iteration)_?\d+")
"""Names of the folders of rounds and samples, directly in a submission's folder."""

SUFFIXES = (".py", ".jsonl")

_NO_KERNELS = re.compile(r"[._]|README|LICEN[CS]E", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Source:
    """What `--kb-submission` selects: a submission, one of its variants, or one file."""

    name: str
    """Name of the submission in results: the last component of the path, or its parent's for a variant."""
    path: Path
    """The folder or file whose kernels are judged."""
    root: Path
    """The submission's folder, which has `submission.toml` and the folders of variants."""
    variant: str | None = None
    """The selected variant; None for all of them."""

    @classmethod
    def at(cls, path: Path) -> Source:
        """Return the source that a path selects."""
        path = Path(os.path.abspath(path))
        root = _root_of(path if path.is_dir() else path.parent)
        named = path.parent if is_variant(path) else path
        return cls(named.name, path, root, variant_of(path, root))


def find(specs: Sequence[str], base: Path, cwd: Path | None = None) -> list[Source]:
    """Return the sources of all `--kb-submission`: names under `base/submissions`, paths and globs; no kernel twice.

    Relative paths start at `cwd`. Raises `KernelBenchError` where a name selects nothing, or two sources have one name.
    """
    selected = (Source.at(path) for spec in specs for path in _selected(spec, base, cwd or Path.cwd()))
    sources = {source.path: source for source in selected}
    kept = [source for source in sources.values() if not sources.keys() & set(source.path.parents)]
    for index, source in enumerate(kept):
        for other in kept[:index]:
            if other.name == source.name and (other.root != source.root or other.variant == source.variant):
                both = f"{other.path} and {source.path}"
                raise KernelBenchError(f"{both}: both are named {source.name}; rename one")
    return kept


def kernel_files(path: Path) -> list[Path]:
    """Return the kernel and JSON-lines files of a submission, sorted; raises `KernelBenchError` if there are none.

    There need be none where a `submission.toml` may name kernels in packages.
    """
    files = sorted(_files_under(path))
    if not files and not (path / METADATA).is_file():
        raise KernelBenchError(f"{path}: no kernels; expected .py files or JSON lines (.jsonl)")
    return files


def holds_kernels(name: str) -> bool:
    """Whether a file of this name is a kernel, or a file of JSON lines."""
    return name.endswith(SUFFIXES) and not _NO_KERNELS.match(name)


def variant_of(path: Path, root: Path) -> str | None:
    """Return the round or sample of a path: the name of the folder or `.jsonl` directly in the submission's folder."""
    parts = path.relative_to(root).parts
    name = parts[0].removesuffix(".jsonl") if parts else ""
    return name if VARIANT.fullmatch(name) else None


def is_variant(path: Path) -> bool:
    """Whether a path is a variant of the submission in its parent folder; a folder in `submissions/` is not."""
    return variant_of(path, path.parent) is not None and path.parent.name != SUBMISSIONS


def stem_of(file: str) -> str:
    """Return the file name without `.py` of a path in Unix or Windows notation."""
    return PurePosixPath(file.replace("\\", "/")).name.removesuffix(".py")


def _root_of(folder: Path) -> Path:
    """Return the submission's folder: this one, or one above where this is a variant or a category folder."""
    above = folder.parent
    if is_variant(folder):
        return above
    if category_of(folder.name) is None or (folder / METADATA).is_file():
        return folder
    return _root_of(above) if is_variant(above) or (above / METADATA).is_file() else folder


def _files_under(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield path
    for folder, folders, names in os.walk(path):
        folders[:] = [name for name in folders if not _NO_KERNELS.match(name)]
        yield from (Path(folder, name) for name in names if holds_kernels(name))


def _selected(spec: str, base: Path, cwd: Path) -> list[Path]:
    """Return the paths that one `--kb-submission` selects."""
    submissions = base / SUBMISSIONS
    places = [cwd, base] if spec.startswith((".", "~", os.sep)) else [submissions, cwd, base]
    expanded = os.path.expanduser(spec)
    for place in places if spec else ():
        if (place / expanded).exists():
            return [_checked(place / expanded, submissions)]
    for place in places if spec else ():
        hits = [place / hit for hit in sorted(glob.glob(expanded, root_dir=place, recursive=True))]
        kept = [hit for hit in hits if holds_kernels(hit.name) or (hit.is_dir() and _is_submission(hit))]
        if kept:
            return kept
    there = choices(spec, _names_in(submissions))
    raise KernelBenchError(f"no submission {spec!r} in {submissions}, and no such file or folder: {there}")


def _checked(path: Path, submissions: Path) -> Path:
    if path.is_dir():
        if path.resolve() == submissions.resolve():
            raise KernelBenchError(f"{path}: holds submissions, but is not one: {choices('', _names_in(path))}")
        kernel_files(path)
    elif not path.name.endswith(SUFFIXES):
        raise KernelBenchError(f"{path}: a submission is a folder, a .py file or a file of JSON lines (.jsonl)")
    return path


def _is_submission(folder: Path) -> bool:
    return (folder / METADATA).is_file() or any(_files_under(folder))


def _names_in(submissions: Path) -> list[str]:
    """Return the names that can be selected: submissions and their variants."""
    paths = [path for path in submissions.glob("*") if path.is_dir() or holds_kernels(path.name)]
    paths += [path for path in submissions.glob("*/*") if is_variant(path)]
    return [path.relative_to(submissions).as_posix() for path in paths if not _NO_KERNELS.match(path.name)]
