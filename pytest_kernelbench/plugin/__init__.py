"""The pytest plugin. Re-exports the hooks of `hooks`, because the entry point names this package."""

from __future__ import annotations

from pytest_kernelbench.plugin.fixture import kernelbench
from pytest_kernelbench.plugin.hooks import (
    pytest_addoption,
    pytest_collect_directory,
    pytest_collect_file,
    pytest_collection_modifyitems,
    pytest_configure,
    pytest_load_initial_conftests,
    pytest_pycollect_makeitem,
    pytest_report_collectionfinish,
    pytest_report_header,
    pytest_sessionfinish,
    pytest_terminal_summary,
    pytest_unconfigure,
    pytest_xdist_auto_num_workers,
)

__all__ = [
    "kernelbench",
    "pytest_addoption",
    "pytest_collect_directory",
    "pytest_collect_file",
    "pytest_collection_modifyitems",
    "pytest_configure",
    "pytest_load_initial_conftests",
    "pytest_pycollect_makeitem",
    "pytest_report_collectionfinish",
    "pytest_report_header",
    "pytest_sessionfinish",
    "pytest_terminal_summary",
    "pytest_unconfigure",
    "pytest_xdist_auto_num_workers",
]
