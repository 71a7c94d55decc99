"""What people see: the table, the failures, and what a kernel printed."""

from __future__ import annotations

from tests.support.project import SOFTMAX, TORCH_RELU, Project

TALKATIVE = r"""
import sys
print("\x1b[31mimported\x1b[0m \x1b]0;title\x07", flush=True)
def sigmoid(input, out=None):
    print("called \x1b[2J\x08", file=sys.stderr)
    return input
"""

TABLE = """
category    kernels  tasks  loads  runs  basic  sizes  dtypes  layouts  values  contract  engine  all
Math              2   1/36      1     1      1      0       0        0       0         0       0    1
Activation        2   2/10      2     2      1      0       0        0       0         0       0    1
all               4  3/176      3     3      2      0       0        0       0         0       0    2
1 wrong_values (basic): sigmoid
1 load_error (load): softmax
"""


def test_the_summary_and_a_failure(project: Project) -> None:
    project.submit(
        {"relu.py": TORCH_RELU, "sigmoid.py": TALKATIVE, "round_0/softmax.py": SOFTMAX, "softmax.py": "import nope"}
    )
    result = project.judge("--color=no", "-v")
    result.assert_outcomes(passed=2, failed=2)
    text = result.stdout.str()
    assert TABLE.strip() in text
    result.stdout.fnmatch_lines(
        [
            "wrong_values in basic: Activation sigmoid of mine",
            "  result[[]*[]]: got *, wanted * (* units of error, at most 3)",
            "  * of 20 elements are wrong; first: *",
            "  tolerance dominated by: *",
            "  Case(input=Tensor((4, 5)))",
            '  pytest --kb-submission=* --kb-facets=basic --kb-case="Case(input=Tensor((4, 5)))"',
            "the kernel printed (the last of it):",
            "  imported*",
            "  called*",
            "load_error in load: Math softmax of mine",
            "  ModuleNotFoundError: No module named 'nope'",
            "  *line 1, in <module>: import nope",
        ],
        consecutive=False,
    )
    assert "\x1b" not in text
    assert "\x08" not in text
    for internal in ("Traceback", "judge/", "trial.py", "site-packages"):
        assert internal not in text
