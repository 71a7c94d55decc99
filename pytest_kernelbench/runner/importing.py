"""Import a kernel by its name, from the package that the judge has found; the module's code is the judge's text."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

PACKAGE = "__init__.py"


class _Given(SourceFileLoader):
    """Loads a module from code that is compiled already, so that its lines can be watched."""

    def __init__(self, name: str, path: str, code: CodeType) -> None:
        super().__init__(name, path)
        self._code = code

    def get_code(self, fullname: str) -> CodeType:
        return self._code


class NamedFinder(MetaPathFinder):
    """Finds one package where the judge found it: by a path entry, an editable install's hook, or a folder."""

    def __init__(self, origin: dict[str, Any], code: CodeType) -> None:
        """`origin` is that of `model.origin.Origin.to_wire`, `code` the compiled text of the module."""
        self.module: str = origin["module"]
        self.top: str = origin["top"]
        self.file: str = origin["file"]
        self.roots = [Path(root) for root in origin["roots"]]
        self.code = code

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return the spec of the package or of the module; others are found in the package's folders as usual."""
        if fullname == self.module:
            folder = [str(Path(self.file).parent)] if Path(self.file).name == PACKAGE else None
            loader = _Given(fullname, self.file, self.code)
            return spec_from_file_location(fullname, self.file, loader=loader, submodule_search_locations=folder)
        if fullname != self.top:
            return None
        root = self.roots[0]
        if (root / PACKAGE).is_file():
            return spec_from_file_location(fullname, root / PACKAGE, submodule_search_locations=[str(root)])
        namespace = ModuleSpec(fullname, None, is_package=True)
        namespace.submodule_search_locations = [str(each) for each in self.roots]
        return namespace


def import_named(origin: dict[str, Any], code: CodeType) -> ModuleType:
    """Import the module of a named kernel, with the packages around it."""
    sys.meta_path.insert(0, NamedFinder(origin, code))
    return importlib.import_module(origin["module"])
