"""Failures say what is behind them: memory that nothing wrote, a wrong signature, a wait for other programs."""

from __future__ import annotations

from tests.support.project import RELU, Project

HALF = RELU.replace("mask=at < count)\n\n", "mask=at < count // 2)\n\n")
"""Writes half of its result."""

RENAMED = "import torch\ndef sigmoid(input, result=None, *, fast):\n    return torch.sigmoid(input)\n"

BARRIER = """
import torch
import triton
import triton.language as tl

@triton.jit
def wait(x, y, flag, count, BLOCK: tl.constexpr):
    tl.atomic_add(flag, 1)
    while tl.atomic_add(flag, 0) < tl.num_programs(0):
        pass
    at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    tl.store(y + at, tl.erf(tl.load(x + at, mask=at < count)), mask=at < count)

def erf(input_tensor):
    flag, result = torch.zeros(1, dtype=torch.int32, device=input_tensor.device), torch.empty_like(input_tensor)
    wait[(2,)](input_tensor, result, flag, input_tensor.numel(), BLOCK=1024)
    return result
"""


def test_what_is_behind_a_failure(project: Project) -> None:
    project.submit({"relu.py": HALF, "sigmoid.py": RENAMED, "erf.py": BARRIER})
    result = project.judge("--kb-device=interpreter", "--kb-target=none")
    result.assert_outcomes(failed=2, skipped=1)
    result.stdout.fnmatch_lines(
        [
            "wrong_values in basic: Activation relu of mine",
            "  result[[]*[]]: got nan, wanted *",
            "  nan is what uninitialised memory holds here: never written, or read where nothing was written",
            "runtime_error in basic: Activation sigmoid of mine",
            "  TypeError: sigmoid() missing 1 required keyword-only argument: 'fast'",
            "  wanted: sigmoid(input, out=None)",
        ]
    )
    (waits,) = (record for record in project.records() if record["task"] == "erf")
    assert waits["status"] == "unsupported"
    assert "program (0, 0, 0) waits for other programs of its grid: " in waits["failure"]["message"]
