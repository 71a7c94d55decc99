"""The text of a kernel's failure, word for word, and the command that replays it."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from typing import Any

import pytest

from pytest_kernelbench.model.record import Failure, Record
from pytest_kernelbench.report import failure


def record(task: str, category: str, status: str, facets: dict[str, str], **fields: Any) -> Record:
    stage = fields.pop("stage", "all" if status == "passed" else "runs")
    defaults = {"kind": "correctness", "submission": "geak", "variant": None}
    return Record(**{**defaults, **fields}, task=task, category=category, status=status, stage=stage, facets=facets)


WRONG = record("gelu", "Activation", "wrong_values", {"basic": "passed", "sizes": "wrong_values"})
BROKEN = record("softmax", "Math", "load_error", {}, failure=Failure("load", "x"), stage="absent")
REJECTED = record("log", "Math", "rejected", {"basic": "passed"}, label="decoy", stage="basic")

BLOCK = """
wrong_values in sizes: Activation gelu of geak
  result[0]: got 1, wanted 2
  1 of 3 elements are wrong
  Case(input=Tensor((3,)), approximate='tanh')
"""


def test_a_failure() -> None:
    found = Failure(
        "sizes", "result[0]: got 1, wanted 2\n1 of 3 elements are wrong", "Case(input=Tensor((3,)), approximate='tanh')"
    )
    text = failure.describe(WRONG, [(found, "wrong_values")], "--kb-submission=geak gelu.py")
    start, _, replay = text.rpartition("\n")
    assert start == BLOCK.strip()
    assert replay.startswith("  pytest --kb-submission=")
    assert replay.endswith(""" --kb-facets=sizes --kb-case="Case(input=Tensor((3,)), approximate='tanh')\"""")


@pytest.mark.parametrize(
    "case", ["Case(x='tanh')", 'Case(x="it\'s")', "Case(x='$HOME')", "Case(x='`id`')", "Case(x='a!b')"]
)
def test_a_replay_is_one_command_to_a_shell(case: str) -> None:
    command = failure.replay("--kb-submission=geak", Failure("sizes", "x", case))
    echoed = subprocess.run(["bash", "-c", f"printf '%s\\n' {command}"], capture_output=True, text=True, check=True)
    assert echoed.stdout.splitlines()[-1] == f"--kb-case={case}"


def test_a_replay_without_a_case_selects_the_kernel() -> None:
    assert failure.replay("--kb-submission=geak x.py", Failure("load", "bad")) == "pytest --kb-submission=geak x.py"


def test_several_failures_and_what_was_printed() -> None:
    failures = [(Failure("load", "SyntaxError: bad"), "load_error"), (Failure("engine", "other bits"), "contract")]
    text = failure.describe(BROKEN, failures, "id", "one\n two\n")
    assert text == (
        "load_error in load: Math softmax of geak\n  SyntaxError: bad\n\n"
        "contract in engine: Math softmax of geak\n  other bits\n\n"
        "the kernel printed (the last of it):\n  one\n   two"
    )


def test_one_cause_is_printed_once_with_all_it_spoils() -> None:
    missing = "TypeError: relu() got an unexpected keyword argument 'out'"
    failures = [
        (Failure("sizes", "got 1, wanted 2\n3 of 4 are wrong", "Case(x=1)"), "wrong_values"),
        (Failure("contract", missing, "Case(out=2)"), "runtime_error"),
        (Failure("layouts", "got -1.5e-07, wanted 0\n1 of 9 are wrong", "Case(x=3)"), "wrong_values"),
        (Failure("engine", "got 1, wanted 2\n3 of 4 are wrong"), "contract"),
    ]
    text = failure.describe(replace(WRONG, variant="round_1"), failures, "k.py")
    assert text == (
        "wrong_values in sizes, layouts: Activation gelu of geak/round_1\n"
        "  got 1, wanted 2\n  3 of 4 are wrong\n"
        "  Case(x=1)\n"
        '  pytest k.py --kb-facets=sizes --kb-case="Case(x=1)"\n'
        "  the same in layouts:\n"
        "  Case(x=3)\n"
        '  pytest k.py --kb-facets=layouts --kb-case="Case(x=3)"\n\n'
        "runtime_error in contract: Activation gelu of geak/round_1\n"
        f"  {missing}\n"
        "  Case(out=2)\n"
        '  pytest k.py --kb-facets=contract --kb-case="Case(out=2)"\n\n'
        "contract in engine: Activation gelu of geak/round_1\n"
        "  got 1, wanted 2\n  3 of 4 are wrong"
    )


def test_a_rejection_says_why_and_what_was_observed() -> None:
    found = Failure("decoy", "it is a decoy\nit stops clocks")
    seen = replace(REJECTED, failure=found, observations=["starts threads", "uses the network"])
    text = (
        "rejected: Math log of geak: it is a decoy\n\nrejected: Math log of geak: it stops clocks\n\n"
        "observed:\n  starts threads\n  uses the network"
    )
    assert failure.describe(seen, [], "id") == text
    assert failure.describe(seen, [(found, "rejected")], "id") == text
