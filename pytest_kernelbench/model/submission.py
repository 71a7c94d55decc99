"""A submission: the kernels of one method, read from a folder, a file or JSON lines; none of them is run."""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_kernelbench.model.answers import code_of
from pytest_kernelbench.model.catalogue import Catalogue
from pytest_kernelbench.model.code import decoded, digest_of
from pytest_kernelbench.model.domain import Domain
from pytest_kernelbench.model.errors import KernelBenchError, choices
from pytest_kernelbench.model.helpers import digest_with, helpers_of, without_helpers
from pytest_kernelbench.model.origin import Name, Origin
from pytest_kernelbench.model.problems import row_of, sample_of
from pytest_kernelbench.model.source import METADATA, Source, is_variant, kernel_files, stem_of, variant_of
from pytest_kernelbench.model.variables import table_of

if TYPE_CHECKING:
    from pytest_kernelbench.model.task import Task

LANGUAGES = ("triton", "torch", "cuda")

LINE = '{"file": "Fusion/attention.py", "predict": "<code>"}'
"""Example of a JSON line, for messages."""


@dataclass(frozen=True, slots=True)
class Metadata:
    """The contents of `submission.toml`."""

    method: str | None = None
    model: str | None = None
    round: str | int | None = None
    url: str | None = None
    licence: str | None = None
    device: str | None = None
    """The device that the kernels were written for."""
    language: str = "triton"
    """One of `LANGUAGES`; with any other than `triton`, kernels need not launch Triton kernels."""
    kernels: Mapping[str, str] = field(default_factory=dict)
    """Kernels in packages, as `module:function`, by task."""
    domain: Domain | None = None
    """What the kernels take, where that is less than their tasks demand."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Environment variables that the kernels need, by name."""

    @classmethod
    def of(cls, root: Path) -> Metadata:
        """Read the metadata of a submission's folder; raises `KernelBenchError` for a bad file, or one in a variant."""
        for path in sorted(root.glob(f"*/{METADATA}")):
            if is_variant(path.parent):
                raise KernelBenchError(f"{path}: a variant cannot have a {METADATA}; put it in {root}")
        path = root / METADATA
        try:
            return cls.parse(path.read_bytes().decode(), path) if path.is_file() else cls()
        except UnicodeDecodeError as error:
            raise KernelBenchError(f"{path}: not UTF-8: {error}") from error

    @classmethod
    def parse(cls, text: str, path: Path) -> Metadata:
        """Parse the text of a `submission.toml`; `path` is for messages. Raises `KernelBenchError`."""
        try:
            table = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise KernelBenchError(f"{path}: not TOML: {error}") from error
        legal = [each.name for each in fields(cls)]
        for key, value in table.items():
            if key not in legal:
                raise KernelBenchError(f"{path}: unknown key {key!r}: {choices(key, legal)}")
            if key == "kernels":
                _check_named(value, path)
            if key == "domain":
                table = {**table, "domain": Domain.parse(value, f"{path}: domain")}
            if key == "environment":
                table_of(value, f"{path}: environment")
            if key in ("kernels", "domain", "environment"):
                continue
            if not isinstance(value, str) and not (key == "round" and type(value) is int):
                expected = "a string or an integer" if key == "round" else "a string"
                raise KernelBenchError(f"{path}: {key} = {value!r}: expected {expected}")
        language = table.get("language", LANGUAGES[0])
        if language not in LANGUAGES:
            raise KernelBenchError(f"{path}: language = {language!r}: {choices(language, LANGUAGES)}")
        return cls(**table)


def _check_named(table: object, path: Path) -> None:
    """Raise `KernelBenchError` unless the table `[kernels]` maps tasks to `module:function`."""
    for task, name in table.items() if isinstance(table, dict) else ((None, None),):
        if not isinstance(name, str):
            raise KernelBenchError(
                f'{path}: kernels: expected a table [kernels] with lines such as relu = "mypkg:relu"'
            )
        try:
            Name.parse(name)
        except KernelBenchError as error:
            raise KernelBenchError(f"{path}: kernels.{task}: {error}") from None


@dataclass(frozen=True, slots=True)
class Kernel:
    """One implementation of one task: a file, or a line of a JSON-lines file."""

    task: str
    category: str
    source_path: Path
    code: str | None
    """The code of a JSON line; None for a kernel in a file of its own."""
    line: int | None
    variant: str | None
    sha256: str
    """SHA-256 of the file's bytes with its helpers, or of the code of a JSON line."""
    helpers: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)
    """Code of the modules that the kernel imports from its submission, by their paths as modules."""
    origin: Origin | None = field(default=None, compare=False)
    """Where a kernel that was named is imported from; None for one that is a file or a line."""

    @property
    def where(self) -> str:
        """The file, with the line number of a JSON line."""
        return str(self.source_path) if self.line is None else f"{self.source_path}:{self.line}"

    @property
    def first_line(self) -> int:
        """Line number, from 1, of the kernel's entry point, or of its JSON line; 1 where no entry point is found."""
        if self.line is not None:
            return self.line
        names = (self.task, "kernel_function") if self.origin is None else (self.origin.name.function,)
        entry = re.compile(rf"def\s+({'|'.join(map(re.escape, names))})\s*\(")
        try:
            lines = self.source_path.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            return 1
        return next((number for number, line in enumerate(lines, 1) if entry.match(line)), 1)

    def text(self) -> str:
        """Return the code to run, without Markdown fences and an appended test; raises `Undecodable`."""
        if self.code is not None:
            return self.code
        if self.origin is not None:
            return decoded(self.source_path.read_bytes())
        return code_of(decoded(self.source_path.read_bytes()))


@dataclass(frozen=True, slots=True)
class Submission:
    """The named set of kernels of one method."""

    name: str
    root: Path
    kernels: tuple[Kernel, ...]
    metadata: Metadata = field(default_factory=Metadata)

    @classmethod
    def load(cls, path: Path, catalogue: Catalogue) -> Submission:
        """Read all kernels of a folder, a `.py` or a `.jsonl`; raises `KernelBenchError` for the first bad one."""
        source = Source.at(path)
        metadata = Metadata.of(source.root)
        kernels: list[Kernel] = []
        for file in without_helpers(kernel_files(source.path), source.root, catalogue):
            if file.suffix == ".jsonl":
                kernels += kernels_of_lines(file, source.root, catalogue)
            else:
                kernels.append(kernel_of(file, source.root, catalogue))
        for error in duplicates(kernels):
            raise error
        return cls(source.name, source.root, tuple(kernels), metadata)


def kernel_of(path: Path, root: Path, catalogue: Catalogue) -> Kernel:
    """Return the kernel in a `.py` file; `root` is the submission's folder. Raises `KernelBenchError`."""
    try:
        task = catalogue.match(path.stem)
    except KernelBenchError as error:
        raise KernelBenchError(
            f"{path}: {error}; a file that is not a kernel must be imported by one, or have a name that starts with '_'"
        ) from None
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    helpers = helpers_of(path, root)
    digest = digest_with(digest, helpers)
    variant = variant_of(path, root) or sample_of(path.stem)
    return Kernel(task.name, task.category, path, None, None, variant, digest, helpers)


def entry_points(kernel: Kernel, task: Task) -> list[str]:
    """Return the names that a kernel's function may have, in order of preference."""
    if kernel.origin is not None:
        return [kernel.origin.name.function]
    return [name for name in (kernel.task, "kernel_function", task.entry, *task.aliases) if name]


def modules_for(kernel: Kernel, task: Task) -> dict[str, str]:
    """Return the code of the modules that a kernel may import, by their paths: its own and those of its task."""
    return {**kernel.helpers, **task.helpers}


def kernels_of_lines(path: Path, root: Path, catalogue: Catalogue) -> list[Kernel]:
    """Return the kernels in a file of JSON lines; raises `KernelBenchError` for the first bad line."""
    kernels, odd = read_lines(path, root, catalogue)
    for error in odd.values():
        raise error
    return kernels


def read_lines(path: Path, root: Path, catalogue: Catalogue) -> tuple[list[Kernel], dict[int, KernelBenchError]]:
    """Return the kernels in a file of JSON lines, and the error of each other line by its number.

    Several kernels for one task become samples, unless the file is a round or a sample itself. Raises
    `KernelBenchError` for a file without kernels.
    """
    kernels: list[Kernel] = []
    odd: dict[int, KernelBenchError] = {}
    for number, text in lines(path):
        try:
            kernels.append(kernel_of_line(path, number, text, root, catalogue))
        except KernelBenchError as error:
            odd[number] = error
    if not kernels:
        raise next(iter(odd.values()), KernelBenchError(f"{path}: no lines; expected {LINE}"))
    return (kernels if variant_of(path, root) else in_samples(kernels)), odd


def lines(path: Path) -> list[tuple[int, str]]:
    """Return the lines of a UTF-8 file that are not blank, with their numbers from 1."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise KernelBenchError(f"{path}: not UTF-8: {error}") from error
    return [(number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]


def kernel_of_line(path: Path, number: int, text: str, root: Path, catalogue: Catalogue) -> Kernel:
    """Return the kernel in one JSON line; raises `KernelBenchError`."""
    where = f"{path}:{number}"
    try:
        row = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise KernelBenchError(f"{where}: not JSON: {error}") from error
    file, answer = (row.get("file"), row.get("predict")) if isinstance(row, dict) else (None, None)
    variant = variant_of(path, root)
    if (problem := row_of(row)) is not None:
        file, sample, answer = problem
        variant = variant or f"sample_{sample}"
    if not isinstance(file, str) or not file:
        raise KernelBenchError(f'{where}: no "file"; expected {LINE}')
    if not isinstance(answer, str) or not answer.strip():
        raise KernelBenchError(f'{where}: no code in "predict"; expected {LINE}')
    try:
        task = catalogue.match(stem_of(file))
    except KernelBenchError as error:
        raise KernelBenchError(f"{where}: {error}") from None
    code = code_of(answer, catalogue.functions(task))
    if not code.strip():
        raise KernelBenchError(f'{where}: no code in "predict"; expected {LINE}')
    return Kernel(task.name, task.category, path, code, number, variant, digest_of(code))


def in_samples(kernels: Sequence[Kernel]) -> list[Kernel]:
    """Return the kernels of a file as samples where tasks repeat: each has the next sample that its task has free."""
    repeat = len({kernel.task for kernel in kernels}) < len(kernels)
    taken: set[tuple[str, str]] = set()
    found = []
    for kernel in kernels:
        name = kernel.variant or ("sample_0" if repeat else "")
        while (kernel.task, name) in taken:
            name = f"sample_{int(name.removeprefix('sample_')) + 1}"
        taken.add((kernel.task, name))
        found.append(replace(kernel, variant=name or None))
    return found


def duplicates(kernels: Iterable[Kernel]) -> list[KernelBenchError]:
    """Return an error for each kernel whose task already has a kernel in the same variant."""
    first: dict[tuple[str, str | None], Kernel] = {}
    errors = []
    for kernel in kernels:
        other = first.setdefault((kernel.task, kernel.variant), kernel)
        if other is not kernel:
            within = f" in {kernel.variant}" if kernel.variant else ""
            advice = "keep one" if kernel.variant else "keep one, or put them into sample_0/ and sample_1/"
            both = f"{other.where} and {kernel.where}"
            errors.append(KernelBenchError(f"{both}: both are kernels for {kernel.task}{within}; {advice}"))
    return errors
