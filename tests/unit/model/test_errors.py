"""Messages for mistakes of users: the nearest legal names, or the first of all."""

from __future__ import annotations

import pytest

from pytest_kernelbench.model.errors import KernelBenchError, TaskError, choices


@pytest.mark.parametrize(
    ("wrong", "legal", "text"),
    [
        ("softmaxx", ["softmax", "exp", "log"], "did you mean softmax? (one of 3)"),
        ("zzz", ["b", "a", "b"], "choose from: a, b"),
        ("zzz", [], "there are none"),
        ("", ["a"], "choose from: a"),
    ],
)
def test_choices(wrong: str, legal: list[str], text: str) -> None:
    assert choices(wrong, legal) == text


def test_a_long_list_is_cut() -> None:
    names = [f"task_{number:02}" for number in range(20)]
    assert choices("zzz", names) == f"choose from: {', '.join(names[:12])}, ... (20 in all)"
    assert choices("zzz", names, limit=2) == "choose from: task_00, task_01, ... (20 in all)"
    assert choices("zzz", names[:12]) == f"choose from: {', '.join(names[:12])}"


def test_at_most_five_names_are_near() -> None:
    assert choices("task", [f"task{number}" for number in range(9)]).count("task") == 5


def test_a_mistake_in_a_task_is_a_mistake_of_a_user() -> None:
    assert issubclass(TaskError, KernelBenchError)
