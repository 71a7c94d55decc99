"""The HTML report: what it says, what it leaves out, and that no kernel's text is ever more than text in it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from pytest_kernelbench.model.record import CompileRecord, Failure, Record
from pytest_kernelbench.report import html
from pytest_kernelbench.report.contents import contents
from pytest_kernelbench.report.results import Results
from tests.support.records import TASKS, correctness, results, speed

SENTINEL = "window.hostile=document.title='taken over'"
HOSTILE = (
    f"<script>{SENTINEL}</script>",
    f"</script></style></title></textarea><script>{SENTINEL}</script>",
    f"<img src=x onerror=\"{SENTINEL}\"><svg onload=\"{SENTINEL}\">",
    f"\"' onmouseover={SENTINEL} autofocus onfocus={SENTINEL} x='",
    f"javascript:{SENTINEL}",
    "{{ 7 * 7 }}{% raw %}<!--<base href='http://example.org/'><meta http-equiv=refresh content=0>",
    "\x1b[31mred\x1b]8;;http://example.org\x07\x00\u202egnp.exe\u2066\ud83d\u200b",
    "x" * 1_000_000,
)  # fmt: skip


def failed(task: str, text: str, **fields: Any) -> Record:
    failure = Failure("sizes", text, f"Case(input=Tensor((3,), {text!r}))")
    return correctness(task, "wrong_values", "sizes", failure=failure, selection=f"--kb-submission={text}", **fields)


def compiled(task: str, target: str = "sm_90", **fields: Any) -> CompileRecord:
    defaults = {"submission": "mine", "variant": None, "category": "Math", "status": "passed", "stage": "dtypes"}
    return CompileRecord(kind="compile", task=task, target=target, **{**defaults, **fields})


def hostile() -> Results:
    """Return results in which every field that a kernel, its author or a results file decides is hostile."""
    records: list[Record] = []
    tasks = dict(TASKS)
    for text in HOSTILE:
        name = text[:300]
        tasks[name] = name
        names = {"submission": name, "variant": name, "category": name}
        told = {"label": name, "grade": name, "versions": {name: name}, "code": {name: 1}, "started": name,
                "observations": [text]}  # fmt: skip
        records.append(failed(name, text, device={"kind": name, "model": name}, **told, **names))
        records.append(replace(records[-1], facets={name: name}, device={"kind": "cpu"}))
        records.append(
            compiled(name, name, **{**names, "status": "compile_error"}, reason=name, failure=Failure("basic", text))
        )
        timed = {"workload": name, "baseline": name, "device": {"kind": "cuda", "model": name}, "speed_of_light": 0.5}
        records.append(speed(name, 1.5, notes=[text], failure=Failure(name, text), **timed, **names))
        right = {"submission": name, "variant": "round_1", "category": name}
        records += [correctness(name, **right), speed(name, 2.0, **timed, **right)]
    return Results(tuple(records), tasks, HOSTILE)


class Page(HTMLParser):
    """What stands in a page: its scripts, its attributes by element, and its text."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.scripts: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self._inside: str | None = None
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attributes)))
        self._inside = tag

    def handle_endtag(self, tag: str) -> None:
        self._inside = None

    def handle_data(self, data: str) -> None:
        if self._inside == "script":
            self.scripts.append(data)
        self.text += data


def page(*records: Record) -> Page:
    return Page(html.page(contents(results(*records))))


def test_what_kernels_say_is_text() -> None:
    source = html.page(contents(hostile()))
    shown = Page(source)
    assert shown.scripts == [(html.TEMPLATES / "report.js").read_text()]
    for tag, attributes in shown.elements:
        assert tag not in ("img", "iframe", "object", "embed", "link", "base"), tag
        assert not [name for name in attributes if name.startswith("on") or name in ("style", "src", "action")]
        assert re.fullmatch(r"#[\w-]+", attributes.get("href") or "#x")
        if tag == "meta":
            assert attributes.get("http-equiv") in (None, "Content-Security-Policy")
    for text in HOSTILE[:6]:
        assert text in shown.text
    assert "{{ 7 * 7 }}" in shown.text
    assert "\\x1b[31mred" in shown.text
    assert "\\u202egnp.exe\\u2066\\ud83d\\u200b" in shown.text
    assert not set(source) & set("\x00\x1b\x07\u202e\u2066\u200b")
    assert len(source) < 500_000


def test_nothing_is_fetched_and_only_the_own_script_may_run() -> None:
    source = html.page(contents(results(failed("Math_0", "x"))))
    assert "http://" not in source
    assert "https://" not in source
    (policy,) = (attributes["content"] for tag, attributes in Page(source).elements if "http-equiv" in attributes)
    assert policy is not None
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy


@pytest.fixture(scope="module")
def browser() -> str:
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    return found or pytest.skip("no Chromium on the PATH")


def shown_by(browser: str, source: str, folder: Path) -> str:
    """Return what a page has become in a real browser, once its scripts have run."""
    file = folder / "page.html"
    file.write_text(source, encoding="utf-8")
    options = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder / 'profile'}", "--dump-dom"]
    done = subprocess.run([browser, *options, file.as_uri()], capture_output=True, timeout=120, check=True)
    return done.stdout.decode()


def test_nothing_of_a_kernel_runs_in_a_browser(browser: str, tmp_path: Path) -> None:
    source = html.page(contents(hostile()))
    shown = shown_by(browser, source, tmp_path)
    before, after = (re.findall("<title>(Kernel report: .*?)</title>", each, re.DOTALL) for each in (source, shown))
    assert [unescape(title) for title in after] == [unescape(title) for title in before]
    assert len(before) == 1
    assert re.search(r'<output id="found"[^>]*>\d+ kernels for \d+ tasks</output>', shown)  # the own script has run


def test_the_policy_stops_a_script_that_escaping_has_missed(browser: str, tmp_path: Path) -> None:
    source = html.page(contents(results(failed("Math_0", "marker"))))
    attack = f'<script>{SENTINEL}</script><img src=x onerror="{SENTINEL}">'
    assert "<title>taken over" not in shown_by(browser, source.replace("marker", attack), tmp_path)
    loose = re.sub("<meta http-equiv[^>]*>", "", source).replace("marker", attack)
    assert "<title>taken over" in shown_by(browser, loose, tmp_path)  # this attack is one


USE = """
<script>
const form = document.getElementById("filter");
const seen = (node) => node.checkVisibility();
document.title = JSON.stringify(ASKED.map((asked) => {
  form.reset();
  for (const [name, value] of Object.entries(asked)) form.elements[name].value = value;
  form.elements.order.dispatchEvent(new Event("change"));
  form.dispatchEvent(new Event("input"));
  const tasks = Array.from(document.querySelectorAll(".task")).filter(seen);
  return tasks.map((task) => {
    task.open = true;
    const kernels = Array.from(task.querySelectorAll(".kernel h4 bdi")).filter(seen);
    return task.querySelector("bdi").textContent + ":" + kernels.map((kernel) => kernel.textContent);
  }).join(" ");
}));
</script>
"""

ASKED: dict[str, dict[str, str]] = {
    "Fusion_0:a,b Math_0:a,b Math_1:a": {},
    "Fusion_0:a,b": {"text": "fusion_0 b"},
    "Math_0:a,b": {"text": "needle", "order": "best"},
    "Math_0:a,b Math_1:a": {"category": "Math"},
    "Fusion_0:b Math_0:b": {"status": "wrong_values", "submission": "1"},
    "": {"status": "passed", "submission": "1"},
    "Math_1:a Math_0:a,b Fusion_0:a,b": {"order": "best"},
}
"""Tasks and kernels that are left, and in which order, by what is asked."""


def test_filter_and_order(browser: str, tmp_path: Path) -> None:
    a, b = {"submission": "a"}, {"submission": "b"}
    records = [failed("Fusion_0", "x", **a), failed("Fusion_0", "x", **b), correctness("Math_1", **a)]
    records += [correctness("Math_0", **a), failed("Math_0", "needle", **b)]
    source = re.sub("<meta http-equiv[^>]*>", "", html.page(contents(results(*records))))
    use = USE.replace("ASKED", json.dumps(list(ASKED.values())))
    shown = shown_by(browser, source.replace("</body>", f"{use}</body>"), tmp_path)
    found = re.search("<title>(.*?)</title>", shown)
    assert found is not None
    assert json.loads(unescape(found[1])) == list(ASKED)


def test_a_kernel_that_failed() -> None:
    record = failed("Math_0", "got 1, wanted 2", label="mixed", kernel_share=0.37, launches=3, examples=12)
    text = page(replace(record, selection="--kb-submission=mine x.py")).text
    for part in (
        "wrong_values in sizes", "got 1, wanted 2", "Tensor((3,), 'got 1, wanted 2'))", "3 launches; 12 cases",
        "pytest --kb-submission=mine x.py --kb-facets=sizes --kb-case=\"Case(", "sizes: wrong_values",
        "basic, dtypes, layouts, values, contract, engine",
    ):  # fmt: skip
        assert part in text


def test_sections_without_data_are_left_out() -> None:
    anchors = re.compile(r'<h2 id="(\w+)"')

    def sections(*records: Record) -> list[str]:
        source = html.page(contents(results(*records)))
        found = anchors.findall(source)
        linked = [(attributes.get("href") or "")[1:] for tag, attributes in Page(source).elements if tag == "a"]
        assert [anchor for anchor in linked if not re.fullmatch(r"main|t\d+", anchor)] == found
        return found

    plain = ["overview", "categories", "breakdown", "tasks"]
    assert sections(correctness("Math_0")) == plain
    assert sections(failed("Math_0", "x")) == [*plain[:3], "fixed", "tasks"]
    assert sections(compiled("Math_0")) == ["compiled", "tasks"]
    rounds = [correctness("Math_0", variant=f"round_{number}") for number in (0, 1)]
    assert sections(*rounds) == [*plain[:3], "rounds", "tasks"]
    assert sections(correctness("Math_0"), speed("Math_0", 2.0)) == [*plain[:3], "speed", "tasks"]
    gpus = [speed("Math_0", 2.0, device={"kind": "cuda", "model": model}) for model in ("a", "b")]
    assert sections(correctness("Math_0"), *gpus) == [*plain[:3], "speed", "gpus", "tasks"]
    unjudged = speed("Math_0", 2.0)
    assert sections(unjudged) == ["tasks"]
    assert sections(replace(unjudged, speed_of_light=0.5)) == ["speed", "tasks"]
    other = speed("Math_1", 2.0, device={"kind": "cuda", "model": "b"})
    assert sections(correctness("Math_0"), correctness("Math_1"), unjudged, other) == [*plain[:3], "speed", "tasks"]


def test_the_page_can_be_used_without_seeing_it() -> None:
    shown = page(
        failed("Math_0", "x"), correctness("Math_1"), speed("Math_1", 2.0, speed_of_light=0.5), compiled("Math_1")
    )
    elements = shown.elements
    assert ("html", {"lang": "en"}) in elements
    assert next(attributes for tag, attributes in elements if tag == "a") == {"class": "skip", "href": "#main"}
    assert all("scope" in attributes for tag, attributes in elements if tag == "th")
    for tag, attributes in elements:
        if tag == "svg":
            assert attributes.get("aria-hidden") == "true" or attributes.get("aria-label")
        if attributes.get("tabindex") == "0":
            assert attributes.get("aria-label")
    headings = [int(tag[1]) for tag, _ in elements if re.fullmatch("h[1-6]", tag)]
    assert headings[0] == 1
    assert headings.count(1) == 1
    identifiers = [attributes["id"] for _, attributes in elements if "id" in attributes]
    assert len(set(identifiers)) == len(identifiers)
    links = {attributes["href"] for _, attributes in elements if "href" in attributes}
    assert {str(link)[1:] for link in links} <= set(identifiers)


def themes() -> list[dict[str, str]]:
    """Return the colours of the style sheet by name, for light and dark."""
    css = (html.TEMPLATES / "report.css").read_text()
    return [
        dict(re.findall(r"--(\w+): (#[0-9a-f]+)", block)) for block in re.findall(r":root \{(.*?)\}", css, re.DOTALL)
    ]


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, 1 to 21 (WCAG 2.2, relative luminance)."""

    def luminance(colour: str) -> float:
        digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
        parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_every_text_can_be_read(theme: int) -> None:
    colours = themes()[theme]
    for name in ("ink", "soft", "link", "good", "bad", "other"):
        assert contrast(colours[name], colours["paper"]) >= 4.5, name
    strong, weak = ("#ffffff", "#10161c") if theme == 0 else ("#10161c", "#ffffff")
    for scale in "hw":
        shades = [colours[f"{scale}{number}"] for number in range(10)]
        steps = [contrast(shade, colours["paper"]) for shade in shades]
        assert steps == sorted(steps)  # by lightness alone, for those who see no colours
        for number, shade in enumerate(shades):
            text = colours["soft"] if (scale, number) == ("h", 0) else colours["ink"]
            text = strong if number >= 7 else weak if number == 6 else text
            assert contrast(text, shade) >= 4.5, (scale, number)
