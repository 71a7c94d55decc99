"""What people see: the table, the failures, and what a kernel printed."""

from __future__ import annotations

from pathlib import Path

import pytest

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
Math              2   1/36      1     1      1      -       -        -       -         -       -    1
Activation        2   2/10      2     2      1      -       -        -       -         -       -    1
all               4  3/176      3     3      2      -       -        -       -         -       -    2
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


HIDDEN = "\u202e"

HIDING = """
class Odd(Exception):
    \"\"\"Odd \u202e\"\"\"
Odd.__name__ = "od\u202ed"
def sigmoid(input, out=None):
    print("printed\u202e", flush=True)
    raise Odd("raised\u202e\u2066\x9b31m")
"""


@pytest.mark.slow
def test_names_and_texts_cannot_reverse_a_line(project: Project) -> None:
    project.submit(
        {f"ro{HIDDEN}und/sigmoid.py": HIDING, f"ro{HIDDEN}und/no{HIDDEN}ne.py": "", f"li{HIDDEN}nes.jsonl":
         f'{{"file": "{HIDDEN}/relu.py", "predict": "def relu(input, inplace=False):\\n    return {HIDDEN}"}}\n'}
    )  # fmt: skip
    odd = next(Path.cwd().rglob(f"no{HIDDEN}ne.py"))
    assert "ERROR submissions/mine/ro\\u202eund/no\\u202ene.py" in shown(project, "-q")
    odd.unlink()
    assert "<KernelLines li\\u202enes.jsonl>" in shown(project, "--collect-only")
    text = shown(project, "-vv", "-rA")
    for said in ("ro\\u202eund/sigmoid.py", "od\\u202ed: raised\\u202e\\u2066", "printed\\u202e", "li\\u202enes.jsonl"):
        assert said in text


def shown(project: Project, *options: str) -> str:
    """Return all that a run prints, in which nothing is hidden."""
    result = project.judge("--color=no", *options)
    text = result.stdout.str() + result.stderr.str()
    assert not set(text) & set("\u202e\u2066\x9b"), [line for line in text.splitlines() if HIDDEN in line]
    return text
