"""Kernels that attack their judge get the verdict that they deserve, and never touch the next kernel's."""

from __future__ import annotations

import hashlib
import re
import site
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
REPOSITORY = HERE.parents[1]
RIGHT = HERE / "controls" / "plain__sigmoid.py"

EXPECTED = {
    "aliased_result": "contract",
    "base_exception": "crash",
    "cached_by_pointer": "wrong_values",
    "cached_by_version": "wrong_values",
    "closed_files": "crash",
    "computed_later": "wrong_values",
    "connected": "runtime_error",
    "copy_kernel": "passed",
    "daemon": "wrong_values",
    "decoy": "rejected",
    "disk_filler": "runtime_error",
    "dripping": "timeout",
    "edited_later": "wrong_values",
    "endless_loop": "timeout",
    "endless_recursion": "runtime_error",
    "environment": "wrong_values",
    "equal_to_everything": "contract",
    "exit_at_import": "crash",
    "exit_handler": "wrong_values",
    "exit_in_call": "crash",
    "fallback": "rejected",
    "forged_answer": "crash",
    "fork_bomb": "runtime_error",
    "garbage_answer": "crash",
    "huge_memory": "crash",
    "huge_shape": "wrong_shape",
    "hypothesis_reject": "runtime_error",
    "keyboard_interrupt": "runtime_error",
    "killed_parent": "runtime_error",
    "late_answer": "crash",
    "locked_out": "runtime_error",
    "many_results": "wrong_shape",
    "out_of_bounds": "contract",
    "patched_comparisons": "wrong_values",
    "patched_reference": "wrong_values",
    "patched_reports": "wrong_values",
    "planted_files": "wrong_values",
    "printed_success": "runtime_error",
    "pytest_skip": "runtime_error",
    "pytest_xfail": "runtime_error",
    "read_judge": "runtime_error",
    "read_reference": "runtime_error",
    "result_in_itself": "runtime_error",
    "segfault": "crash",
    "spoiled_input": "contract",
    "stopped": "timeout",
    "sys_exit_at_import": "crash",
    "sys_exit_in_call": "crash",
    "torch_only": "rejected",
    "traced_judge": "runtime_error",
    "turned_input": "contract",
    "unprintable_result": "crash",
    "unwritten_result": "wrong_values",
    "unwritten_tail": "wrong_values",
    "visited_neighbours": "runtime_error",
    "zeroed_input": "wrong_values",
}
"""The status of each hostile kernel."""

REFUSED = (
    "connected", "killed_parent", "locked_out", "read_judge", "read_reference", "traced_judge", "visited_neighbours",
)  # fmt: skip
"""Kernels whose attempt the sandbox refuses, and which end with that."""

LABELS = {"copy_kernel": "mixed", "decoy": "decoy", "fallback": "torch_only", "torch_only": "torch_only"}
"""What those are called that let torch compute: `mixed` is said, not rejected."""

HANGING = ("dripping", "endless_loop", "stopped")
"""Kernels that wait for the time limit, in a session of their own."""

MISSED: dict[str, str] = {}
"""Attacks that are not noticed yet, and why."""

PLANTED = "# Planted by a hostile kernel.\n"
PLANTED_NAMES = ("conftest.py", "sitecustomize.py", "usercustomize.py", "pytest.ini")


def _kernels(names: list[str]) -> list[Path]:
    """Return the kernels of these names, a right one behind each of them."""
    return [path for name in names for path in (HERE / "hostile" / f"{name}__sigmoid.py", RIGHT)]


def _digests() -> dict[str, str]:
    """Return the contents of everything that a verdict depends on."""
    folders = [REPOSITORY / name for name in ("pytest_kernelbench", "tasks", "tests")]
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    files += [path for path in REPOSITORY.iterdir() if path.is_file()]
    kept = [path for path in files if "__pycache__" not in path.parts and not path.name.startswith(".")]
    return {str(path.relative_to(REPOSITORY)): hashlib.sha256(path.read_bytes()).hexdigest() for path in kept}


def _planted() -> list[Path]:
    """Return the files that a hostile kernel has left where modules come from."""
    folders = {REPOSITORY, REPOSITORY.parent, *map(Path, site.getsitepackages())}
    folders |= {path for path in REPOSITORY.glob("pytest_kernelbench/**/") if path.name != "__pycache__"}
    folders |= {folder / name for folder in list(folders) for name in ("torch", "triton")}
    found = [folder / name for folder in folders for name in PLANTED_NAMES if (folder / name).is_file()]
    return [path for path in found if path.read_text(errors="replace") == PLANTED]


@pytest.fixture(scope="module")
def sessions(start: Callable[..., Any]) -> Iterator[list[Any]]:
    quick = [name for name in EXPECTED if name not in HANGING]
    started = [
        start(_kernels(quick), "--kb-facets=basic,sizes,contract"),
        start(_kernels(list(HANGING)), "--kb-facets=basic,sizes,contract", "--kb-timeout=20"),
    ]
    started[0].before = _digests()
    for session in started:
        session.finish()
    yield started
    for path in _planted():
        path.unlink()


@pytest.fixture(scope="module")
def pairs(sessions: list[Any]) -> dict[str, tuple[dict[str, Any], dict[str, Any]]]:
    """Records of each hostile kernel and of the right one behind it."""
    found = {}
    for session in sessions:
        for index in range(0, len(session.kernels), 2):
            name = session.kernels[index].stem.partition("__")[0]
            found[name] = (session.record(index), session.record(index + 1))
    return found


def test_every_hostile_kernel_is_expected_somewhere() -> None:
    assert sorted(path.stem.partition("__")[0] for path in HERE.glob("hostile/*.py")) == sorted(EXPECTED)


def _marks(name: str) -> list[pytest.MarkDecorator]:
    return [pytest.mark.xfail(reason=MISSED[name], strict=True)] if name in MISSED else []


@pytest.mark.parametrize("name", [pytest.param(name, marks=_marks(name)) for name in EXPECTED])
def test_hostile_kernel_gets_its_verdict(name: str, pairs: dict[str, Any]) -> None:
    record = pairs[name][0]
    assert record["status"] == EXPECTED[name], record["failure"]
    if name in LABELS:
        assert record["label"] == LABELS[name]


@pytest.mark.parametrize("name", REFUSED)
def test_hostile_kernel_is_refused_what_it_tries(name: str, pairs: dict[str, Any]) -> None:
    assert re.match(r"PermissionError|OSError: \[Errno 1\]", pairs[name][0]["failure"]["message"])


@pytest.mark.parametrize("name", EXPECTED)
def test_next_kernel_passes(name: str, pairs: dict[str, Any]) -> None:
    record = pairs[name][1]
    assert record["status"] == "passed", record["failure"]
    assert record["label"] == "kernel"


def test_sessions_end_as_sessions_with_failures_do(sessions: list[Any]) -> None:
    assert [session.process.returncode for session in sessions] == [1, 1]


def test_nothing_hostile_reaches_the_terminal(sessions: list[Any]) -> None:
    for session in sessions:
        assert "\x1b" not in session.output
        assert "::set-output" not in [line[:12] for line in session.output.splitlines()]


def test_repository_is_unchanged(sessions: list[Any]) -> None:
    # A folder that everybody may write, such as /tmp around a checkout, is not guarded: nothing is imported from it.
    guarded = [path for path in _planted() if not path.parent.stat().st_mode & 0o002]
    assert guarded == []
    assert _digests() == sessions[0].before


def test_no_process_is_left(sessions: list[Any]) -> None:
    # The server that runners are forked from ends by itself once it sees that the session has.
    end = time.monotonic() + 15
    while (left := [process for session in sessions for process in session.processes()]) and time.monotonic() < end:
        time.sleep(0.2)
    assert left == []


def test_no_file_is_left(sessions: list[Any]) -> None:
    for session in sessions:
        assert list((session.folder / "tmp").glob("kb-runner-*")) == []
        here = {path.name for path in session.folder.iterdir()}
        assert here - {".hypothesis", ".benchmarks"} == {"kernels", "results.jsonl", "tmp"}
