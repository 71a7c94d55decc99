"""The board: places with ties, a page for each task, and links that lead somewhere."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from pytest_kernelbench.cli import main
from pytest_kernelbench.model.record import CompileRecord, Failure, Record
from pytest_kernelbench.report.board import board
from pytest_kernelbench.report.contents import contents
from pytest_kernelbench.report.results import Variant
from pytest_kernelbench.report.standings import standings
from tests.support.records import TASKS, correctness, results, speed


def right(submission: str, count: int, begin: int = 0) -> list[Record]:
    """Return verdicts on 40 tasks of fusion, `count` of them right."""
    return [
        correctness(f"Fusion_{n}", "passed" if begin <= n < begin + count else "wrong_values",
                    None if begin <= n < begin + count else "basic", submission=submission)
        for n in range(40)
    ]  # fmt: skip


class TestPlaces:
    def places(self, *records: Record) -> dict[str, tuple[int, int]]:
        found = results(*records)
        return {each.label: (each.first, each.last) for each in standings(found, found.variants, set(TASKS))}

    def test_a_clear_order(self) -> None:
        assert self.places(*right("a", 30), *right("b", 15), *right("c", 2)) == {"a": (1, 1), "b": (2, 2), "c": (3, 3)}

    def test_a_difference_within_chance_is_a_tie(self) -> None:
        places = self.places(*right("a", 12), *right("b", 15), *right("c", 1))
        assert places == {"b": (1, 2), "a": (1, 2), "c": (3, 3)}

    def test_equal_counts_of_other_tasks_are_a_tie(self) -> None:
        assert self.places(*right("a", 15), *right("b", 15, begin=20)) == {"a": (1, 2), "b": (1, 2)}

    def test_the_highest_rate_comes_first(self) -> None:
        assert list(self.places(*right("a", 12), *right("b", 15))) == ["b", "a"]

    def test_tasks_without_a_kernel_count_as_failed(self) -> None:
        found = results(*right("a", 12)[:12])
        (only,) = standings(found, [Variant("a")], set(TASKS))
        assert (only.passed.n, only.passed.of, only.kernels) == (12, 176, 12)

    def test_a_category_has_its_own(self) -> None:
        records = [*right("a", 12), correctness("Math_0", submission="b")]
        found = results(*records)
        math = {task for task, category in TASKS.items() if category == "Math"}
        assert [(each.label, each.passed.n) for each in standings(found, found.variants, math)] == [("b", 1), ("a", 0)]


class Links(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.to: list[str] = []
        self.anchors: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.to += [given["href"] or ""] if tag == "a" else []
        self.anchors |= {given["id"] or ""} if "id" in given else set()


HOSTILE = "<script>window.hostile=1</script>"
FAILURE = Failure("sizes", f"result[0]: got 1, wanted 2 {HOSTILE}", "Case(input=Tensor((3,)))")
BUILT = CompileRecord(
    kind="compile", submission="a", variant=None, task="Fusion_0", category="Fusion", status="passed", stage="all",
    target="sm_90", registers=40,
)  # fmt: skip
RECORDS = (
    *right("a", 12),
    correctness("Math_0", "wrong_values", "sizes", submission="b/<i>", variant="round_1", failure=FAILURE),
    BUILT,
    speed("Fusion_0", 2.0, submission="a"),
)


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    found = results(*RECORDS)
    return board(found, contents(found), "Our board")


def test_there_is_a_page_for_each_task(pages: dict[str, str]) -> None:
    assert len(pages) == 1 + 41
    assert "Our board" in pages["index.html"]


def test_every_link_leads_somewhere(pages: dict[str, str]) -> None:
    for name, text in pages.items():
        for link in Links(text).to:
            file, _, anchor = link.partition("#")
            folder = "" if name == "index.html" else "tasks/"
            target = name if not file else file.removeprefix("../") if file.startswith("../") else folder + file
            assert not anchor or anchor in Links(pages[target]).anchors, f"{name}: {link}"


def test_a_status_links_to_the_minimal_case(pages: dict[str, str]) -> None:
    link = re.search(r'href="(tasks/\S+Math_0\.html)#(k\d+)">wrong_values', pages["index.html"])
    assert link
    page = pages[link[1]]
    assert "Case(input=Tensor((3,)))" in page[page.index(f'id="{link[2]}"') :]
    assert "got 1, wanted 2" in page


def test_text_of_kernels_is_only_text(pages: dict[str, str]) -> None:
    for text in pages.values():
        assert HOSTILE not in text
        assert "<i>" not in text
        assert "default-src 'none'" in text


def test_categories_and_targets(pages: dict[str, str]) -> None:
    text = pages["index.html"]
    assert re.findall(r'<option value="\d+">(\S+) \(\d+ tasks\)', text) == ["all", "Fusion", "Math"]
    assert re.search(r'scope="col">sm_90</th>', text)
    assert ">1/1</td>" in text


def test_long_names_may_break(pages: dict[str, str]) -> None:
    assert ">Fusion_<wbr>0</a>" in pages["index.html"]
    assert "<bdi>b/<wbr>&lt;i&gt;/<wbr>round_<wbr>1</bdi>" in pages["index.html"]


def test_from_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "r.jsonl"
    file.write_text(correctness("relu", category="Activation").to_json() + "\n")
    assert main.main(["board", str(file), "--into", str(tmp_path / "out"), "--title", "Mine"]) == 0
    assert capsys.readouterr().out == f"{tmp_path / 'out' / 'index.html'}: 2 pages\n"
    assert (tmp_path / "out" / "tasks" / "0-relu.html").is_file()
    file.write_text("")
    assert main.main(["board", str(file), "--into", str(tmp_path / "out")]) == 1
