"""Imports into a folder of their own."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_kernelbench.model.catalogue import Catalogue
from tests.support.imports import Import, catalogue_in, importer


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    return catalogue_in(tmp_path / "tasks")


@pytest.fixture
def imported(tmp_path: Path, catalogue: Catalogue) -> Import:
    return importer(tmp_path, catalogue)


@pytest.fixture
def into(tmp_path: Path) -> Path:
    return tmp_path / "into"
