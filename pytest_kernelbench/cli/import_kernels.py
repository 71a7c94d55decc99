"""`pytest-kernelbench import`: kernels from JSON files into a submission folder. No kernel is run."""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_kernelbench.model.catalogue import Catalogue, TaskFile
from pytest_kernelbench.model.code import code_of, syntax_error
from pytest_kernelbench.model.errors import KernelBenchError
from pytest_kernelbench.model.source import METADATA, stem_of
from pytest_kernelbench.model.submission import LANGUAGES, Metadata, lines
from pytest_kernelbench.report.text import counted

if TYPE_CHECKING:
    from pytest_kernelbench.cli.arguments import Commands

DESCRIPTION = """\
Turn JSON files of kernels into a submission folder. No kernel is run.

The keys of a row decide how it is read:
  task, code                one kernel; `round` is optional here and below
  file, predict             one kernel, with a file name such as Fusion/attention.py
  instruction, predict      one kernel, named by "Wrapper Entry Information: name(...)"
  task_id, before_code, after_code, from_round, to_round
                            two kernels, one for each round
Rounds become round_0/, round_1/ ...; several kernels for one task without a round become sample_0/, sample_1/ ...
"""

_WRAPPER = re.compile(r"Wrapper Entry Information:[\s`*]*(?:def\s+)?(?:\w+\.)*(\w+)\s*\(")
_BETWEEN = re.compile(r"[\s,]*")


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A row of a file that did not become a kernel."""

    where: str
    """File and line."""
    reason: str
    """Reason in a few words; the summary counts rows by it."""
    detail: str
    """What the reason is about: a name, a message, or the keys of the row."""


@dataclass(frozen=True, slots=True)
class Found:
    """One kernel that was read."""

    where: str
    """File and line."""
    task: TaskFile
    code: str
    round: int | None
    """Number of its round; None where the row has none."""


@dataclass(slots=True)
class Summary:
    """The result of an import."""

    into: Path
    """Folder of the submission."""
    kernels: list[tuple[str | None, Found]] = field(default_factory=list)
    """Kernels to write, each with its variant."""
    left_out: list[LeftOut] = field(default_factory=list)
    """Rows that were not imported."""

    def text(self) -> str:
        """Return the text that is printed: counts, and each row that was left out."""
        variants = Counter(variant for variant, _ in self.kernels)
        tasks = {found.task.name for _, found in self.kernels}
        counts = [counted(len(self.kernels), "kernel"), counted(len(tasks), "task")]
        named = sorted((_order(variant), variant, count) for variant, count in variants.items() if variant)
        into = f", {counted(len(named), 'variant')}" if named else ""
        out = [f"{self.into}: {' for '.join(counts)}{into}"]
        out += [f"  {variant:<12} {count:>5}" for _, variant, count in named]
        out += [f"left out: {len(self.left_out)}"] if self.left_out else []
        for reason, count in Counter(each.reason for each in self.left_out).most_common():
            out.append(f"  {reason}: {count}")
            out += [f"    {each.where}  {each.detail}" for each in self.left_out if each.reason == reason]
        return "\n".join(out)


def declare(commands: Commands) -> None:
    """Add the command and its arguments."""
    parser = commands.add_parser(
        "import",
        help="turn JSON files of kernels into a submission",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="JSON lines, or a JSON array")
    parser.add_argument("--into", type=Path, required=True, metavar="DIR", help="folder of the submission")
    parser.add_argument("--force", action="store_true", help="write into DIR even if it is not empty")
    parser.add_argument("--tracked", action="store_true", help="write no .gitignore that keeps DIR out of git")
    parser.set_defaults(command=run)


def run(arguments: argparse.Namespace) -> int:
    """Import the files and print the summary; return 1 if there was no kernel to import, else 0."""
    summary = import_files(
        arguments.files, arguments.into, Catalogue.find(), force=arguments.force, tracked=arguments.tracked
    )
    sys.stdout.write(f"{summary.text()}\n")
    return 0 if summary.kernels else 1


def import_files(
    files: Sequence[Path], into: Path, catalogue: Catalogue, *, force: bool = False, tracked: bool = False
) -> Summary:
    """Write the kernels of JSON files into a submission folder and return a summary.

    `force` allows a folder that is not empty, `tracked` leaves out the `.gitignore`. Raises `KernelBenchError` for a
    file that does not exist or a folder that cannot be used.
    """
    if into.exists() and not into.is_dir():
        raise KernelBenchError(f"{into}: is a file; --into takes a folder")
    if not force and into.is_dir() and any(into.iterdir()):
        raise KernelBenchError(f"{into}: is not empty; choose another folder, or --force to add to it")
    entries = _entries(catalogue)
    read = [each for file in files for each in _read(file, catalogue, entries)]
    summary = _arranged(into, read)
    if summary.kernels:
        _write(summary, tracked)
    return summary


def _read(file: Path, catalogue: Catalogue, entries: dict[str, TaskFile]) -> Iterator[Found | LeftOut]:
    if not file.is_file():
        raise KernelBenchError(f"{file}: no such file; expected JSON lines or a JSON array")
    for number, text in _rows(file):
        where = f"{file}:{number}"
        try:
            row = json.loads(text)
        except (ValueError, RecursionError) as error:
            yield LeftOut(where, "not JSON", str(error))
            continue
        answers = _answers(row)
        if not answers:
            keys = ", ".join(map(str, row)) if isinstance(row, dict) else f"a {type(row).__name__}"
            yield LeftOut(where, "unknown kind of row", _shown(keys))
        for label, answer, round_ in answers:
            yield _kernel(where, label, answer, round_, catalogue, entries)


def _rows(file: Path) -> Iterator[tuple[int, str]]:
    """Yield the text of each row with its line number: the elements of an array, else the lines of the file."""
    numbered = lines(file)
    if not numbered or (file.suffix != ".json" and not numbered[0][1].lstrip().startswith("[")):
        yield from numbered
        return
    text = file.read_bytes().decode("utf-8-sig")
    is_array = text.lstrip().startswith("[")
    position, line, counted_to = text.index("[") + 1 if is_array else 0, 1, 0
    while (match := _BETWEEN.match(text, position)) and text[match.end() : match.end() + 1] != "]":
        position = match.end()
        line, counted_to = line + text.count("\n", counted_to, position), position
        try:
            end = json.JSONDecoder().raw_decode(text, position)[1]
        except (ValueError, RecursionError):
            end = len(text)
        if position < end or is_array:  # an array without its closing bracket is an invalid row
            yield line, text[position:end]
        if end == len(text):
            return
        position = end


def _answers(row: object) -> list[tuple[object, object, object]]:
    """Return task name, code and round of each kernel in a row, recognised by its keys; nothing for an unknown row."""
    if not isinstance(row, dict):
        return []
    if "task_id" in row and ("before_code" in row or "after_code" in row):
        steps = (("before_code", "from_round"), ("after_code", "to_round"))
        return [(row["task_id"], row[code], row.get(number)) for code, number in steps if code in row]
    code = next((key for key in ("code", "predict") if key in row), None)
    label = next((row[key] for key in ("task", "file", "task_id") if row.get(key)), None)
    wrapper = _WRAPPER.search(str(row.get("instruction", "")))
    if label is None and wrapper:
        label = wrapper[1]
    return [] if label is None or code is None else [(label, row[code], row.get("round"))]


def _kernel(
    where: str, label: object, answer: object, round_: object, catalogue: Catalogue, entries: dict[str, TaskFile]
) -> Found | LeftOut:
    """Return the kernel of a row, or the reason why it has none."""
    if isinstance(label, int) or str(label).isdecimal():
        return LeftOut(where, "task given by number, not by name", _shown(label))
    name = stem_of(str(label))
    try:
        task = entries.get(name) or catalogue.match(name)
    except KernelBenchError:
        return LeftOut(where, "no such task in this version", _shown(label))
    code = code_of(answer) if isinstance(answer, str) else ""
    if not code.strip():
        return LeftOut(where, "no code", task.name)
    if fault := syntax_error(code):
        return LeftOut(where, "not Python", f"{task.name}: {fault}")
    number = str(round_).removeprefix("round").removeprefix("_").removesuffix(".0")
    if round_ is not None and not number.isdecimal():
        return LeftOut(where, "round is not a number", f"{task.name}: {_shown(round_)}")
    return Found(where, task, code, None if round_ is None else int(number))


def _entries(catalogue: Catalogue) -> dict[str, TaskFile]:
    """Return the tasks whose published function has another name than the task, by that name; no task is loaded."""
    entry = re.compile(r"\bentry=\"(\w+)\"")
    files = catalogue.names().values()
    return {match[1]: file for file in files if (match := entry.search(file.path.read_text(encoding="utf-8")))}


def _arranged(into: Path, read: Sequence[Found | LeftOut]) -> Summary:
    """Give each kernel its variant and leave out duplicates.

    A kernel with a round belongs to that round. Other kernels become samples if any task has several of them.
    """
    summary = Summary(into)
    rounds: dict[tuple[str, int], Found] = {}
    samples: dict[str, dict[str, Found]] = {}
    for each in read:
        if isinstance(each, LeftOut):
            summary.left_out.append(each)
            continue
        name = each.task.name
        if each.round is None:
            other = samples.setdefault(name, {}).setdefault(each.code, each)
        else:
            other = rounds.setdefault((name, each.round), each)
        if other is not each:
            same = other.code == each.code
            reason = "exact duplicate" if same else "another kernel of this task and round came first"
            summary.left_out.append(LeftOut(each.where, reason, f"{name}: {other.where}"))
    several = any(len(found) > 1 for found in samples.values())
    for found in samples.values():
        summary.kernels += [(f"sample_{index}" if several else None, each) for index, each in enumerate(found.values())]
    summary.kernels += [(f"round_{each.round}", each) for each in rounds.values()]
    return summary


def _write(summary: Summary, tracked: bool) -> None:
    for variant, found in summary.kernels:
        folder = summary.into / (variant or "") / found.task.category
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{found.task.name}.py").write_bytes(found.code.encode())
    metadata = summary.into / METADATA
    if not metadata.exists():
        legal = ", ".join(each.name for each in fields(Metadata))
        method = json.dumps(summary.into.resolve().name, ensure_ascii=False)
        text = f'# Keys: {legal}.\nmethod = {method}\nlanguage = "{LANGUAGES[0]}"\n'
        metadata.write_text(text, encoding="utf-8")
    if not tracked:
        # Published kernels have their own licence, or none: keep them from being committed by accident.
        (summary.into / ".gitignore").write_text("*\n", encoding="utf-8")


def _order(variant: str) -> tuple[str, int]:
    kind, _, number = variant.rpartition("_")
    return kind, int(number)


def _shown(value: object) -> str:
    """Return a value from a file as printable text for one line, at most 80 characters of it."""
    text = str(value)[:80]
    return text if text.isprintable() else repr(text)
