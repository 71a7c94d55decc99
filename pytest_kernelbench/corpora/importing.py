"""Kernels of published files as submissions: each row becomes a kernel of a task, or is left out for a reason."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pytest_kernelbench.corpora.files import rows_of
from pytest_kernelbench.corpora.rows import Answer, Columns, answers, functions_of, problem_of
from pytest_kernelbench.corpora.writing import write
from pytest_kernelbench.model.answers import code_of
from pytest_kernelbench.model.catalogue import Catalogue, TaskFile
from pytest_kernelbench.model.code import syntax_error
from pytest_kernelbench.model.errors import KernelBenchError
from pytest_kernelbench.model.source import stem_of
from pytest_kernelbench.report.text import counted

MAX_CODE = 1_000_000
"""Maximum number of characters of a kernel."""

LEFT_OUT = "_left_out.jsonl"
"""File in the submission's folder that lists what was left out; its name keeps it from being read as kernels."""

_SUFFIX = re.compile(
    r"[_-](?:(round|sample|try|iteration)_?(\d+)|triton|kernel|gen|generated|optimized)$", re.IGNORECASE
)


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
    model: str | None = None
    """The model that wrote it, where a column says so."""
    variant: str | None = None
    """The round or sample that its folder or file name gives."""
    broken: bool = False
    """Whether the code is not valid Python; it is a kernel all the same, one that does not load."""


@dataclass(slots=True)
class Summary:
    """The result of an import."""

    into: Path
    """Folder of the submission, or of a submission for each model."""
    kernels: list[tuple[str | None, Found]] = field(default_factory=list)
    """Kernels to write, each with its variant."""
    left_out: list[LeftOut] = field(default_factory=list)
    """Rows that were not imported."""
    rows: int = 0
    """Number of rows that were read."""

    def text(self) -> str:
        """Return the text that is printed: counts of kernels, and of what was left out by reason."""
        variants = Counter(variant for variant, _ in self.kernels)
        tasks = {found.task.name for _, found in self.kernels}
        models = Counter(found.model for _, found in self.kernels if found.model)
        counts = [counted(len(self.kernels), "kernel"), counted(len(tasks), "task")]
        named = sorted((_order(variant), variant, count) for variant, count in variants.items() if variant)
        into = f", {counted(len(named), 'variant')}" if named else ""
        into += f", {counted(len(models), 'model')}" if models else ""
        out = [f"{self.into}: {' for '.join(counts)}{into}"]
        out += [f"  {model:<12} {count:>5}" for model, count in sorted(models.items())]
        out += [f"  {variant:<12} {count:>5}" for _, variant, count in named]
        broken = sum(found.broken for _, found in self.kernels)
        out += [f"not valid Python, and imported as it is: {broken}"] if broken else []
        out += [f"left out: {len(self.left_out)} of {counted(self.rows, 'row')}"] if self.left_out else []
        for reason, count in Counter(each.reason for each in self.left_out).most_common():
            first = next(each for each in self.left_out if each.reason == reason)
            out.append(f"  {reason}: {count}, as {first.where}  {first.detail}")
        return "\n".join(out)

    def left_out_lines(self) -> Iterator[str]:
        """Yield a line of JSON for each row that was left out."""
        for each in self.left_out:
            yield json.dumps({"where": each.where, "reason": each.reason, "detail": each.detail}) + "\n"


def import_files(
    files: Sequence[Path],
    into: Path,
    catalogue: Catalogue,
    *,
    force: bool = False,
    tracked: bool = False,
    columns: Columns | None = None,
    metadata: Mapping[str, str] | None = None,
) -> Summary:
    """Write the kernels of files and folders into a submission's folder and return a summary.

    With a column for the model, each model becomes a submission in a folder of its own under `into`. `force` allows a
    folder that is not empty, `tracked` leaves out the `.gitignore`, and `metadata` are further keys of
    `submission.toml`. Raises `KernelBenchError` for a file that does not exist or a folder that cannot be used.
    """
    if into.exists() and not into.is_dir():
        raise KernelBenchError(f"{into}: is a file; --into takes a folder")
    if not force and into.is_dir() and any(into.iterdir()):
        raise KernelBenchError(f"{into}: is not empty; choose another folder, or --force to add to it")
    reader = _Reader(catalogue, columns or Columns())
    read = [each for file in files for each in reader.read(file)]
    summary = _arranged(into, read)
    summary.rows = reader.rows
    if summary.kernels:
        folders = _folders(sorted({found.model for _, found in summary.kernels if found.model}))
        for model in dict.fromkeys(found.model for _, found in summary.kernels):
            mine = {(variant, found.task): found.code for variant, found in summary.kernels if found.model == model}
            written_by = {"model": model} if model else {}
            write(into / folders[model] if model else into, mine, {**(metadata or {}), **written_by}, tracked)
        if summary.left_out:
            (into / LEFT_OUT).write_text("".join(summary.left_out_lines()), encoding="utf-8")
    return summary


def _folders(models: Sequence[str]) -> dict[str, str]:
    """Return a folder for each model: its name, with `-` for what such a name should not have, each only once."""
    folders: dict[str, str] = {}
    for model in models:
        plain = re.sub(r"[^\w.+-]+", "-", model)[:80].strip("-._") or "model"
        taken = sum(re.fullmatch(rf"{re.escape(plain)}(-\d+)?", other) is not None for other in folders.values())
        folders[model] = f"{plain}-{taken + 1}" if taken else plain
    return folders


class _Reader:
    """Reads rows into kernels of the tasks of a catalogue."""

    def __init__(self, catalogue: Catalogue, columns: Columns) -> None:
        self.catalogue = catalogue
        self.columns = columns
        self.rows = 0
        self._known = frozenset(catalogue.names())

    def read(self, file: Path) -> Iterator[Found | LeftOut]:
        """Yield what became of each answer in a file or folder."""
        for row in rows_of(file):
            self.rows += 1
            if row.fault is not None:
                yield LeftOut(row.where, "not JSON", row.fault)
                continue
            found = answers(row.value, self.columns, self._known)
            if not found:
                value = row.value
                keys = ", ".join(map(str, value)) if isinstance(value, dict) else f"a {type(value).__name__}"
                yield LeftOut(row.where, "unknown kind of row", _shown(keys))
            for answer in found:
                yield self._kernel(row.where, answer)

    def _kernel(self, where: str, answer: Answer) -> Found | LeftOut:
        """Return the kernel of an answer, or the reason why there is none."""
        task, variant = self._named(answer)
        if task is None and answer.described is not None:
            task = self._task(answer.described)
        if task is not None:
            return self._found(where, answer, task, variant)
        if answer.argument is not None:
            return self._by_argument(where, answer)
        return LeftOut(where, *_no_task(answer.label if answer.described is None else answer.described))

    def _named(self, answer: Answer) -> tuple[TaskFile | None, str | None]:
        """Return the task that the label of an answer names, and the variant that it adds to that."""
        label, variant = answer.label, answer.variant
        if label is None or isinstance(label, int):
            return None, variant
        name = stem_of(str(label))
        task = self._task(name)
        while task is None and (suffix := _SUFFIX.search(name)):
            name = name[: suffix.start()]
            variant = f"{suffix[1].lower()}_{suffix[2]}" if suffix[2] and variant is None else variant
            task = self._task(name)
        return task, variant if task is not None else answer.variant

    def _by_argument(self, where: str, answer: Answer) -> Found | LeftOut:
        """Return the kernel of a prompt that names no function: the one task whose function the code defines."""
        code = code_of(answer.text) if isinstance(answer.text, str) else ""
        functions = functions_of(code).items()
        defined = [name for name, arguments in functions if arguments[:1] == (answer.argument,)]
        tasks = {task.name: task for name in defined if (task := self._task(name)) is not None}
        if len(tasks) != 1:
            return LeftOut(where, "the prompt names no function", _shown(answer.argument))
        return self._found(where, answer, next(iter(tasks.values())), answer.variant)

    def _found(self, where: str, answer: Answer, task: TaskFile, variant: str | None) -> Found | LeftOut:
        code = code_of(answer.text, self.catalogue.functions(task)) if isinstance(answer.text, str) else ""
        if not code.strip():
            return LeftOut(where, "no code", task.name)
        if len(code) > MAX_CODE:
            return LeftOut(where, f"more than {MAX_CODE:,} characters of code", task.name)
        given = answer.round
        number = str(given).removeprefix("round").removeprefix("_").removesuffix(".0")
        if given is not None and not number.isdecimal():
            return LeftOut(where, "round is not a number", f"{task.name}: {_shown(given)}")
        round_ = None if given is None else int(number)
        broken = syntax_error(code) is not None
        return Found(where, task, code, round_, answer.model, variant if given is None else None, broken)

    def _task(self, name: str) -> TaskFile | None:
        try:
            return self.catalogue.match(name)
        except KernelBenchError:
            return None


def _arranged(into: Path, read: Sequence[Found | LeftOut]) -> Summary:
    """Give each kernel its variant and leave out duplicates.

    A kernel with a round belongs to that round. Other kernels become samples if any task has several of them.
    """
    summary = Summary(into)
    placed: dict[tuple[str | None, str, str], Found] = {}
    samples: dict[tuple[str | None, str], dict[str, Found]] = {}
    for each in read:
        if isinstance(each, LeftOut):
            summary.left_out.append(each)
            continue
        name = each.task.name
        place = each.variant if each.round is None else f"round_{each.round}"
        if place is None:
            other = samples.setdefault((each.model, name), {}).setdefault(each.code, each)
        else:
            other = placed.setdefault((each.model, name, place), each)
        if other is not each:
            same = other.code == each.code
            reason = "exact duplicate" if same else "another kernel of this task and round came first"
            summary.left_out.append(LeftOut(each.where, reason, f"{name}: {other.where}"))
    several = any(len(found) > 1 for found in samples.values())
    for found in samples.values():
        summary.kernels += [(f"sample_{index}" if several else None, each) for index, each in enumerate(found.values())]
    summary.kernels += [(place, each) for (_, _, place), each in placed.items()]
    return summary


def _no_task(label: object) -> tuple[str, str]:
    """Return why a label names no task, and the label."""
    if problem := problem_of(label):
        return "a problem of KernelBench: judge the file itself, with --kb-tasks", f"level {problem[0]} {problem[1]}"
    if isinstance(label, int) or str(label).isdecimal():
        return "task given by number, not by name", _shown(label)
    return "no such task in this version", _shown(label)


def _order(variant: str) -> tuple[str, int]:
    kind = variant.rstrip("0123456789")
    return kind, int(variant[len(kind) :] or 0)


def _shown(value: object) -> str:
    """Return a value from a file as printable text for one line, at most 80 characters of it."""
    text = str(value)[:80]
    return text if text.isprintable() else repr(text)
