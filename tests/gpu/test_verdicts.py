"""Verdicts on a real GPU: what is wrong there is found there, and costs one kernel its verdict and no other."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pytest_kernelbench.model.record import Record
from tests.support.gpu_kernels import HONEST, MATMUL, NOWHERE, PAST_THE_END, SIGMOID, TUNED

pytestmark = pytest.mark.gpu

Judge = Callable[..., Record]


def test_a_right_kernel_passes_everything(judge: Judge) -> None:
    record = judge("sigmoid", HONEST)
    assert (record.status, record.label, record.grade) == ("passed", "kernel", "ieee"), record.failure
    assert record.launches >= 1


def test_a_write_past_the_end_of_an_input_is_found(judge: Judge) -> None:
    code = PAST_THE_END + "def sigmoid(input, out=None):\n    return compute(input)\n"
    record = judge("sigmoid", code, ("basic", "contract"))
    assert record.facets["contract"] == "contract"
    assert record.failure is not None
    assert "memory outside of input was written" in record.failure.message


def test_an_illegal_address_costs_one_verdict(judge: Judge) -> None:
    code = NOWHERE + "def sigmoid(input, out=None):\n    return compute(input)\n"
    record = judge("sigmoid", code)
    assert record.status == "crash"
    assert record.failure is not None
    assert "illegal memory access" in record.failure.message
    assert record.failure.case is not None
    assert judge("sigmoid", HONEST).status == "passed"


def test_no_memory_left(judge: Judge) -> None:
    code = SIGMOID + "def sigmoid(input, out=None):\n    return torch.empty(1 << 50, device=input.device)\n"
    record = judge("sigmoid", code)
    assert record.status == "crash"
    assert record.failure is not None
    assert "out of memory of the GPU" in record.failure.message
    assert judge("sigmoid", HONEST).status == "passed"


def test_a_kernel_that_asks_for_too_much_shared_memory_does_not_compile(judge: Judge) -> None:
    code = MATMUL.replace("BLOCK=32)", "BLOCK=128, num_stages=6)").replace(", 32)", ", 128)").replace("ieee", "tf32")
    record = judge("matmul", code, ("basic",))
    assert record.status == "compile_error"


def test_a_result_that_another_stream_still_computes(judge: Judge) -> None:
    code = """
    side = None

    def sigmoid(input, out=None):
        global side
        side = side or torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            torch.cuda._sleep(2_000_000)
            result = compute(input)
        return result
    """
    record = judge("sigmoid", SIGMOID + "\n".join(line[4:] for line in code.splitlines()), ("basic", "contract"))
    assert record.facets.get("contract") == "contract"
    assert record.failure is not None
    assert "not ready on the caller's stream" in record.failure.message


def test_launches_that_do_not_matter(judge: Judge) -> None:
    code = SIGMOID + "def sigmoid(input, out=None):\n    compute(input)\n    return torch.sigmoid(input, out=out)\n"
    record = judge("sigmoid", code, ("basic",))
    assert (record.status, record.label) == ("rejected", "decoy")


def test_every_configuration_is_tried(judge: Judge) -> None:
    record = judge("sigmoid", TUNED, ("basic", "engine"))
    assert record.facets == {"basic": "passed", "engine": "wrong_values"}
    assert record.failure is not None
    assert "with autotune configuration 1 of 2" in record.failure.message


@pytest.mark.parametrize(("precision", "grade"), [("ieee", "ieee"), ("tf32", "tf32")])
def test_products_of_rounded_inputs_have_a_grade_of_their_own(judge: Judge, precision: str, grade: str) -> None:
    record = judge("matmul", MATMUL.replace('"ieee"', f'"{precision}"'), ("basic",))
    assert (record.status, record.grade) == ("passed", grade), record.failure


def test_a_result_on_the_processor(judge: Judge) -> None:
    record = judge("sigmoid", SIGMOID + "def sigmoid(input, out=None):\n    return compute(input).cpu()\n")
    assert record.facets["contract"] == "contract"
    assert record.failure is not None
    assert "the result is on the cpu, wanted on the GPU" in record.failure.message
