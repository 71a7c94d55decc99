"""The rows of files that hold kernels: JSON lines, JSON arrays, parquet, folders of code. No kernel is run."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from pytest_kernelbench.model.errors import KernelBenchError
from pytest_kernelbench.model.source import holds_kernels, is_variant, variant_of

READ = (".jsonl", ".json", ".ndjson", ".parquet", ".py")
"""Endings of the files that are read in a folder."""

_BETWEEN = re.compile(r"[\s,]*")


class Row(NamedTuple):
    """A row of a file, or what is wrong with it."""

    where: str
    """File and line, or number of the row."""
    value: Any
    """What the row holds."""
    fault: str | None = None
    """Why it could not be read; None where it could."""


def rows_of(path: Path) -> Iterator[Row]:
    """Yield the rows of a file, or of the files of a folder; raises `KernelBenchError` for one that does not exist."""
    if path.is_dir():
        for file in _files_under(path):
            yield from _of_file(file, path)
    elif path.is_file():
        yield from _of_file(path, path.parent)
    else:
        raise KernelBenchError(f"{path}: no such file; expected JSON lines, a JSON array, parquet or a folder")


def _files_under(root: Path) -> Iterator[Path]:
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if name[0] not in "._")
        yield from (Path(folder, name) for name in sorted(names) if _is_read(name))


def _is_read(name: str) -> bool:
    return name.endswith(READ) and name[0] not in "._" and (not name.endswith(".py") or holds_kernels(name))


def _of_file(file: Path, root: Path) -> Iterator[Row]:
    if file.suffix == ".parquet":
        yield from _of_parquet(file)
    elif file.suffix == ".py":
        yield Row(str(file), {"file": file.name, "code": _text(file.read_bytes()), "variant": _variant(file, root)})
    else:
        for number, text in _texts(file):
            where = f"{file}:{number}"
            try:
                yield Row(where, json.loads(text))
            except (ValueError, RecursionError) as error:
                yield Row(where, None, str(error))


def _variant(file: Path, root: Path) -> str | None:
    """Return the round or sample that a file's folder names; the folder that is read may be one itself."""
    return root.name if is_variant(root) else variant_of(file, root)


def _of_parquet(file: Path) -> Iterator[Row]:
    try:
        from pyarrow import ArrowException, parquet
    except ImportError:
        raise KernelBenchError(f"{file}: parquet needs pyarrow: pip install 'pytest-kernelbench[datasets]'") from None
    try:
        with parquet.ParquetFile(file) as opened:
            number = 0
            for batch in opened.iter_batches(batch_size=256):
                for value in batch.to_pylist():
                    number += 1
                    yield Row(f"{file}:{number}", value)
    except (ArrowException, OSError) as error:
        raise KernelBenchError(f"{file}: not parquet: {error}") from None


def _texts(file: Path) -> Iterator[tuple[int, str]]:
    """Yield the text of each row with its line number: the elements of an array, else the lines of the file."""
    text = _text(file.read_bytes())
    is_array = text.lstrip().startswith("[")
    if not is_array and file.suffix != ".json":
        yield from ((number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip())
        return
    position, line, counted_to = text.index("[") + 1 if is_array else 0, 1, 0
    while (match := _BETWEEN.match(text, position)) and text[match.end() : match.end() + 1] != "]":
        position = match.end()
        line, counted_to = line + text.count("\n", counted_to, position), position
        try:
            end = json.JSONDecoder().raw_decode(text, position)[1]
        except (ValueError, RecursionError):
            end = len(text)
        if position < end or is_array:  # an array without its closing bracket is an invalid row
            yield line, text[position:end]
        if end == len(text):
            return
        position = end


def _text(data: bytes) -> str:
    """Decode a file as UTF-8, or as UTF-16 where its first bytes say so; lines that are neither, as Latin-1."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return "\n".join(map(_line, data.removeprefix(b"\xef\xbb\xbf").split(b"\n")))


def _line(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("latin-1")
