"""What several commands share: the type of the parser's commands, and the option that names a folder of tasks."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from pytest_kernelbench.formats.find import find
from pytest_kernelbench.model.catalogue import Catalogue

if TYPE_CHECKING:
    Commands: TypeAlias = argparse._SubParsersAction[argparse.ArgumentParser]


def add_tasks(parser: argparse.ArgumentParser) -> None:
    """Add the option `--tasks`, which replaces the shipped tasks."""
    parser.add_argument("--tasks", type=Path, metavar="DIR", help="folder of tasks to use instead of the shipped ones")


def catalogue_of(arguments: argparse.Namespace) -> Catalogue:
    """Return the tasks that `--tasks` selects, by default the shipped ones."""
    return find([arguments.tasks] if arguments.tasks else None)
