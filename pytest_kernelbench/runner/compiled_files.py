"""The files that Triton's compiler leaves in a runner's cache: placed before a kernel is loaded, handed on after it.

Only code for the GPU and its descriptions are handed on. Libraries for the host, which Triton builds for launches, are
built again in each runner: what a process loads as native code must come from that process.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from pytest_kernelbench.wire.compiled_names import MAX_BYTES, MAX_FILES, is_compiled

OPERATIONS = ("place", "compiled")
"""The requests about these files."""

GROUP = "__grp__"
"""Start of the name of a file in which Triton lists the files of one specialisation, by their absolute paths."""


class CompiledFiles:
    """The cache of Triton in one runner."""

    def __init__(self, folder: Path) -> None:
        """`folder` is where Triton's cache lies in this process."""
        self.folder = folder
        self._placed: set[str] = set()

    def respond(self, request: Mapping[str, Any], body: bytes) -> tuple[Any, ...]:
        """Return header and parts of the response to one of the requests."""
        if request["op"] == "compiled":
            return self.collect()
        self.place(request["names"], request["sizes"], body)
        return ({"status": "ok"},)

    def place(self, names: Sequence[str], sizes: Sequence[int], body: bytes) -> None:
        """Write files, one after the other in `body`; the lists of files that Triton reads get the paths of here."""
        contents, start = dict[str, bytes](), 0
        for name, size in zip(names, sizes, strict=True):
            contents[name] = body[start : start + size]
            start += size
        for name, data in contents.items():
            here = self._grouped(name, data, contents) if PurePosixPath(name).name.startswith(GROUP) else data
            if here is not None:
                path = self.folder / name
                path.parent.mkdir(exist_ok=True)
                path.write_bytes(here)
        self._placed |= contents.keys()

    def _grouped(self, name: str, data: bytes, contents: Mapping[str, bytes]) -> bytes | None:
        """Return the list of files of a specialisation with new paths; None where it is spoilt or a file is missing."""
        folder = PurePosixPath(name).parent
        try:
            listed = json.loads(data)
            names = [*listed["child_paths"]]
        except (ValueError, KeyError, TypeError):
            return None
        if not all(f"{folder}/{child}" in contents for child in names):
            return None
        paths = {each: str(self.folder / folder / each) for each in names}
        return json.dumps({**listed, "child_paths": paths}).encode()

    def collect(self) -> tuple[Any, ...]:
        """Return header and parts of a response with all files that were not placed here, as many as may be sent."""
        names, parts, total = list[str](), list[bytes](), 0
        for name, path in sorted(self._files()):
            data = path.read_bytes()
            total += len(data)
            if len(names) == MAX_FILES or total > MAX_BYTES:
                break
            names.append(name)
            parts.append(data)
        return {"status": "ok", "names": names, "sizes": [len(part) for part in parts]}, *parts

    def _files(self) -> Iterator[tuple[str, Path]]:
        for folder in self.folder.iterdir():
            if not stat.S_ISDIR(folder.lstat().st_mode):
                continue
            for entry in os.scandir(folder):
                name = f"{folder.name}/{entry.name}"
                if entry.is_file(follow_symlinks=False) and is_compiled(name) and name not in self._placed:
                    yield name, Path(entry.path)
