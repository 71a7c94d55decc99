"""The comment on a pull request: short, and nothing in it but what we meant as Markdown."""

from __future__ import annotations

import re

import pytest

from pytest_kernelbench.model.record import Failure, Record
from pytest_kernelbench.report.contents import contents
from pytest_kernelbench.report.markdown import code, markdown
from tests.support.records import correctness, results, speed

COMMENT = """\
| submission | passed | of all tasks | 95 % interval | plainest case | speedup over eager |
| --- | ---: | ---: | ---: | ---: | ---: |
| `mine` | 1 of 2 | 1 of 176 (0.568 %) | 0.100 % to 3.15 % | 2 of 176 (1.14 %) | 2.00\N{MULTIPLICATION SIGN} (n = 1) |

<details><summary>1 kernels did not pass</summary>

- `Math_1` of `mine`: wrong_values in `sizes`: `got 1, wanted 2`
  ```sh
  pytest --kb-submission=mine mine.py --kb-facets=sizes --kb-case="Case(x=1)"
  ```

</details>
"""


def failed(number: int, message: str = "got 1, wanted 2\nmore", case: str = "Case(x=1)") -> Record:
    failure = Failure("sizes", message, case)
    selection = "--kb-submission=mine mine.py"
    return correctness(f"Math_{number}", "wrong_values", "sizes", failure=failure, selection=selection)


def comment(*records: Record, **options: int) -> str:
    return markdown(contents(results(*records)), **options).replace("\N{NARROW NO-BREAK SPACE}", " ")


def test_the_comment() -> None:
    assert comment(correctness("Math_0"), failed(1), speed("Math_0", 2.0)) == COMMENT


def test_nothing_is_folded_where_nothing_failed() -> None:
    assert "details" not in comment(correctness("Math_0"))


def test_a_comment_is_short_and_says_what_it_leaves_out() -> None:
    text = comment(*(failed(number, "x" * 10_000) for number in range(30)), limit=4000)
    assert len(text) <= 4000
    shown = text.count("- `Math_")
    assert 0 < shown < 30
    assert f"and {30 - shown} more" in text
    assert text.endswith("</details>\n")


@pytest.mark.parametrize("text", ["a|b", "`x`", "``", "@someone <b>", "a\nb", "", "\x1b[31m\u202e"])
def test_code_is_one_cell_and_closes_where_it_should(text: str) -> None:
    written = code(text)
    ticks = re.match("`+", written)
    assert ticks is not None
    assert written.endswith(ticks[0])
    inner = written[len(ticks[0]) : -len(ticks[0])]
    assert not re.search(rf"(?<!`){ticks[0]}(?!`)", inner)
    assert "\n" not in written
    assert not re.search(r"(?<!\\)\|", written)


def test_a_message_with_fences_stays_inside_its_block() -> None:
    text = comment(failed(1, "```\n</details>", "Case(x='```')\n```\n# Title"))
    assert re.findall(r"^ *(`+(?:sh)?)$", text, re.MULTILINE) == ["````sh", "```", "````"]
    assert text.count("\n</details>") == 1
