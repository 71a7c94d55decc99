"""Judgements: from a kernel's text to its record, in a real runner on the CPU."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_kernelbench import Case, Task, Tensor
from pytest_kernelbench.judge.comparison.oracle import Oracle
from pytest_kernelbench.judge.correctness.judgement import Judgement
from pytest_kernelbench.judge.correctness.provenance import Provenance
from pytest_kernelbench.judge.correctness.trial import Finding
from pytest_kernelbench.model.judging import JudgingSettings
from pytest_kernelbench.model.record import Record
from pytest_kernelbench.model.task import FACETS, DrawRequest
from tests.support.judging import identity_of, kernel_of_text

RIGHT = "def double(x):\n    return x * 2\n"


def cases(draw: Any, request: DrawRequest) -> Case:
    from hypothesis import strategies as st

    return Case(x=Tensor((draw(st.integers(1, 99)),), request.dtype, layout=draw(st.sampled_from(request.layouts))))


def double(x: Any) -> Any:
    return x * 2


TASK = Task(double, cases, fixed_cases=tuple(Case(x=Tensor(shape)) for shape in ((6,), (3, 5), (2, 3, 65))))


def judgement_of(code: str, task: Task = TASK, **settings: Any) -> Judgement:
    options: dict[str, Any] = {"device": "cpu", "language": "torch", "examples": 0, "timeout": 60.0, **settings}
    kernel = kernel_of_text(code)
    return Judgement(kernel, task, JudgingSettings(**options), Oracle(), identity_of(kernel), key=None)


def judged(code: str, task: Task = TASK, **settings: Any) -> Record:
    return judgement_of(code, task, **settings).run()


def test_a_right_kernel() -> None:
    record = judged(RIGHT, examples=16, seed="1")
    assert (record.status, record.stage, record.grade) == ("passed", "all", "ieee")
    assert record.facets == dict.fromkeys(FACETS, "passed")
    assert (record.failure, record.label, record.kernel_share, record.launches) == (None, None, None, 0)
    assert record.examples > 60
    assert record.seconds > 0
    assert (record.kind, record.task, record.submission) == ("correctness", "double", "mine")


def test_drawn_cases_are_in_addition_to_fixed_ones() -> None:
    few, many = (judged(RIGHT, facets=("basic", "sizes"), examples=count, seed="1").examples for count in (0, 48))
    assert few < many <= few + 16


def test_a_kernel_that_is_wrong_in_one_facet_is_tried_in_the_others() -> None:
    record = judged("def double(x):\n    return x.contiguous().view(-1)[:60].sum() * 0 + x * 2 * (x.numel() != 390)\n")
    assert (record.status, record.stage) == ("wrong_values", "basic")
    assert record.facets["sizes"] == "wrong_values"
    assert record.facets["dtypes"] == "wrong_values"
    assert record.failure is not None
    assert (record.failure.facet, record.failure.case) == ("sizes", "Case(x=Tensor((2, 3, 65)))")
    assert [*record.facets] == [*FACETS]


def test_a_kernel_that_is_wrong_in_basic_is_tried_no_further() -> None:
    judgement = judgement_of("def double(x):\n    return x * 3\n")
    record = judgement.run()
    assert record.facets == {"basic": "wrong_values"}
    assert (record.stage, record.grade) == ("runs", None)
    assert [(failure.facet, status) for failure, status in judgement.failed()] == [("basic", "wrong_values")]


def test_a_kernel_that_cannot_be_loaded() -> None:
    record = judged("import nope\n")
    assert (record.status, record.stage, record.facets, record.examples) == ("load_error", "absent", {}, 0)
    assert record.failure is not None
    assert (record.failure.facet, record.failure.case) == ("load", None)
    assert "nope" in record.failure.message


def test_a_breach_of_contract_that_another_facet_sees_is_reported_under_contract() -> None:
    code = "def double(x):\n    y = x * 2\n    x.reshape(-1)[0] = 7\n    return y\n"
    record = judged(code, facets=("basic", "contract"))
    assert record.facets == {"basic": "passed", "contract": "contract"}
    assert record.failure is not None
    assert record.failure.message == "x was changed: it is only an input"


LATE = """
calls = 0

def double(x):
    global calls
    calls += 1
    y = x * 2
    if calls > {calls}:
        x.reshape(-1)[0] = 7
    return y
"""


@pytest.mark.parametrize(
    ("tried", "calls", "failed"),
    [
        (("basic", "contract", "engine"), 0, {"contract": "contract"}),
        (("basic", "contract", "engine"), 3 + 3 * 6, {"engine": "contract"}),
        (("basic", "sizes"), 0, {"basic": "contract"}),
        (("basic", "sizes"), 3, {"sizes": "contract"}),
    ],
    ids=["before", "after the facet contract", "without that facet", "later without that facet"],
)
def test_a_breach_is_reported_once_wherever_it_is_seen(
    tried: tuple[str, ...], calls: int, failed: dict[str, str]
) -> None:
    record = judged(LATE.format(calls=calls), facets=tried)
    assert {facet: status for facet, status in record.facets.items() if status != "passed"} == failed
    assert record.failure is not None
    assert (record.status, record.failure.message) == ("contract", "x was changed: it is only an input")


def test_one_case_is_replayed_alone() -> None:
    case = Case(x=Tensor((77,)))
    record = judged(
        "def double(x):\n    return x * (3 if len(x) == 77 else 2)\n", case=case, facets=("sizes",), examples=48
    )
    assert record.facets == {"sizes": "wrong_values"}
    assert record.failure is not None
    assert record.failure.case == repr(case)
    assert record.examples == 1


def test_a_timeout_ends_the_judgement() -> None:
    record = judged("def double(x):\n    while len(x) == 3: pass\n    return x * 2\n", timeout=4.0)
    assert record.status == "timeout"
    assert record.facets == {"basic": "passed", "sizes": "timeout"}


def test_a_rule_of_the_audit_rejects_unless_it_is_allowed() -> None:
    code = f"import time\ntime.perf_counter = lambda: 0\n{RIGHT}"
    record = judged(code)
    assert (record.status, record.facets) == ("rejected", {"basic": "passed"})
    assert record.failure is not None
    assert record.failure.facet == "audit"
    assert "--kb-allow=clocks" in record.failure.message
    assert record.observations
    assert judged(code, allow=("clocks",)).status == "passed"


def test_a_file_that_is_not_a_kernel_is_rejected(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def provenance_of(trial: Any, cases: Any, *, right: bool) -> Provenance:
        asked.append(len(cases))
        return Provenance("decoy", 0.0)

    monkeypatch.setattr("pytest_kernelbench.judge.correctness.judgement.provenance_of", provenance_of)
    for language, status in (("triton", "rejected"), ("torch", "passed")):
        judgement = judgement_of(RIGHT, language=language)
        # The settings name a device with provenance; the runner stays on the CPU.
        judgement.settings = JudgingSettings(device="interpreter", language=language, examples=0)
        record = judgement.run()
        assert (record.status, record.label, record.kernel_share) == (status, "decoy", 0.0)
    assert asked == [3, 3]
    assert record.failure is None


def test_cases_without_launches_reject_a_kernel_unless_that_is_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    kernel = Provenance("kernel", 1.0)
    monkeypatch.setattr("pytest_kernelbench.judge.correctness.judgement.provenance_of", lambda *args, **kw: kernel)
    for options, status in (({}, "rejected"), ({"allow": ("fallback",)}, "passed"), ({"language": "torch"}, "passed")):
        judgement = judgement_of(RIGHT, language="triton")
        # The settings name a device with provenance; the runner stays on the CPU, where nothing is launched.
        judgement.settings = JudgingSettings(device="interpreter", examples=0, **{"language": "triton", **options})
        record = judgement.run()
        assert record.status == status
    judgement = judgement_of("def double(x):\n    return x * 3\n", language="triton")
    judgement.settings = JudgingSettings(device="interpreter", language="triton", examples=0)
    assert judgement.run().status == "wrong_values"


def test_a_wrong_answer_in_the_audit_fails_the_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    def provenance_of(trial: Any, cases: Any, *, right: bool) -> Provenance:
        raise Finding("wrong_values", "when operations are counted", cases[0])

    monkeypatch.setattr("pytest_kernelbench.judge.correctness.judgement.provenance_of", provenance_of)
    judgement = judgement_of(RIGHT, language="triton")
    judgement.settings = JudgingSettings(device="interpreter", language="triton", examples=0)
    record = judgement.run()
    assert (record.status, record.facets) == ("wrong_values", {"basic": "wrong_values"})


def test_drawn_cases_are_searched_until_the_share_of_the_time_is_used() -> None:
    judgement = judgement_of(RIGHT, examples=48, seed="1")
    judgement.search_seconds = 60.0
    assert judgement.run().examples == judged(RIGHT).examples


def test_the_failing_drawn_case_is_the_smallest() -> None:
    code = "def double(x):\n    return x * (2 if x.dim() != 1 or len(x) < 40 else 3)\n"
    record = judged(code, facets=("basic", "sizes"), examples=300, seed="1")
    assert record.failure is not None
    assert record.failure.case == "Case(x=Tensor((40,)))"


def test_a_breach_that_random_search_finds_is_reported_under_contract() -> None:
    code = "def double(x):\n    y = x * 2\n    if x.dim() == 1 and len(x) != 6: x[0] = 7\n    return y\n"
    record = judged(code, facets=("basic", "contract"), examples=48, seed="1")
    assert record.facets == {"basic": "passed", "contract": "contract"}
