"""Learn what this package does on a GPU, in a given time: the most valuable figures first, each written when known.

    python benchmarks/on_a_gpu.py [FOLDER] [--seconds 400] [--device cuda] [--kernels FOLDER]

`on_a_gpu.md` in FOLDER (or else in $OUT, or the working directory) is the report, `on_a_gpu.jsonl` has the same figures
as JSON lines, and `results.jsonl` the records. Each section runs in its own process; one that is cut says where it was.
It needs the installed package and this checkout. `--device cpu` runs the same on a CPU, but for what only a GPU has.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

from gpu_tables import Record, counts, profile, records_of, speeds  # noqa: E402 - needs the path above

FIGURES = ("submission", "task", "kind", "workload", "status", "verdict", "ratio", "interval", "device_seconds",
           "speed_of_light", "seconds", "failure")  # fmt: skip
"""Fields of a record that are figures of the report."""

SECONDS = 400.0
"""Seconds of all sections together, if nothing else is asked."""

SHORTEST = 5.0
"""Seconds below which no section is started."""


class Report:
    """The report in Markdown and in JSON lines; both are complete up to the last figure at any time."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.markdown, self.lines = folder / "on_a_gpu.md", folder / "on_a_gpu.jsonl"
        self.results = folder.resolve() / "results.jsonl"
        self.markdown.write_text("# On a GPU\n", encoding="utf-8")
        self.lines.write_text("", encoding="utf-8")

    def say(self, text: str) -> None:
        """Append Markdown, and print it."""
        print(text, flush=True)
        with self.markdown.open("a", encoding="utf-8") as stream:
            stream.write(f"{text}\n")

    def figure(self, section: str, **values: Any) -> None:
        """Append a line of JSON."""
        with self.lines.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps({"section": section, **values}) + "\n")


def run_section(report: Report, name: str, about: str, seconds: float, environ: dict[str, str]) -> None:
    """Run a section in its own process, write each line as it comes, and say where it was if the time is up."""
    began = time.monotonic()
    report.say(f"\n## {name}\n\n{about}\n")
    command = [sys.executable, __file__, "--section", name]
    process = subprocess.Popen(
        command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    )
    cut = threading.Event()

    def end() -> None:
        cut.set()
        os.killpg(process.pid, signal.SIGKILL)

    timer = threading.Timer(seconds, end)
    timer.start()
    last = ""
    assert process.stdout is not None
    with process:
        for line in process.stdout:
            text = line.rstrip()
            last = text or last
            if text.startswith("JSON "):
                report.figure(name, **json.loads(text[5:]))
            else:
                report.say(text)
    status = process.returncode
    timer.cancel()
    took = time.monotonic() - began
    if cut.is_set():
        report.say(f"\ncut after {took:.0f} s; the last line before: `{last[-200:]}`")
    elif status:
        report.say(f"\nfailed with exit status {status}")
    report.say(f"\n({took:.0f} s)")
    report.figure(name, seconds=round(took, 1), status="cut" if cut.is_set() else "failed" if status else "done")


def main() -> None:
    """Run all sections within the time, or a single one."""
    from gpu_sections import SECTIONS

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=Path(os.environ.get("OUT", ".")))
    parser.add_argument("--seconds", type=float, default=SECONDS, help="seconds of all sections together")
    parser.add_argument("--device", default="cuda", choices=("cuda", "cpu"))
    parser.add_argument("--kernels", type=Path, help="a folder of kernels with known verdicts, judged as well")
    parser.add_argument("--section", choices=SECTIONS, help="run one section in this process, and print its figures")
    asked = parser.parse_args()
    if asked.section:
        SECTIONS[asked.section].run()
        return
    report = Report(asked.folder)
    environ = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
        "KB_BENCHMARK_RESULTS": str(report.results),
        "KB_BENCHMARK_DEVICE": asked.device,
        "KB_BENCHMARK_KERNELS": str(asked.kernels.resolve()) if asked.kernels else "",
    }
    started = time.monotonic()
    for name, section in SECTIONS.items():
        left = asked.seconds - (time.monotonic() - started)
        missing = section.missing(asked.device)
        if missing or left < SHORTEST:
            reason = missing or f"no time is left: {asked.seconds:.0f} s were given"
            report.say(f"\n## {name}\n\n{section.about}\n\nleft out: {reason}")
            report.figure(name, seconds=0.0, status="left out", reason=reason)
            continue
        before = len(records_of(report.results))
        run_section(report, name, section.about, min(section.seconds, left), environ)
        _records(report, name, records_of(report.results)[before:])
    _conclude(report, time.monotonic() - started)


def _records(report: Report, section: str, records: Sequence[Record]) -> None:
    """Append what the records of a section say, also of one that was cut."""
    if any(record["kind"] == "speed" for record in records):
        report.say(f"\n{speeds(records)}\n\n{profile(records)}")
    if any(record["kind"] == "correctness" for record in records):
        report.say(f"\n{counts(records)}")
    for record in records:
        report.figure(section, **{name: record[name] for name in FIGURES if name in record})


def _conclude(report: Report, seconds: float) -> None:
    """Append the table of speed and the profile of all records."""
    records = records_of(report.results)
    for title, text in (("Speed", speeds(records)), ("Where the time of a workload goes", profile(records))):
        report.say(f"\n## {title}\n\n{text}")
    report.say(f"\nAll in {seconds:.0f} s.")
    report.figure("all", seconds=round(seconds, 1), status="done")


if __name__ == "__main__":
    main()
