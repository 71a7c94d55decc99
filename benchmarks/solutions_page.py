"""Write docs/solutions.md, the table of kernels that pass every facet: `python benchmarks/solutions_page.py`.

Bytes and flops are those of `solutions_traffic.json`, which `python benchmarks/solution_traffic.py` makes.
With `--compiled FILE...`, results files of `-m compile`, their resources are kept in `solutions_compiled.json`, from
which the page has its second table. Records of other code than that of today's files are left out.
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pytest_kernelbench.model.catalogue import Catalogue
from pytest_kernelbench.model.record import CompileRecord
from pytest_kernelbench.model.submission import Submission
from pytest_kernelbench.report.results import load

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "solutions.md"
KEPT = ROOT / "benchmarks" / "solutions_compiled.json"
TRAFFIC = ROOT / "benchmarks" / "solutions_traffic.json"
FOLDERS = ("examples", "solutions")
"""Submissions that the page lists."""

FIXED = "a fixed case"
"""What figures are of where a workload cannot be made small enough."""

TARGETS = ("sm_80", "sm_90", "sm_100", "gfx942")
"""Targets of the table of resources."""

INTRODUCTION = """# Solutions

Triton kernels of this project that pass every facet without a GPU, with the label `kernel`. They show that a task is
fair, and each new rule of the judge is tried on them before it may fail anybody. `submissions/examples` is a showcase:
each file is complete in itself. Kernels of `submissions/solutions` share the modules of its folder `_common`. Lines are
those of the task's file that are neither empty nor comments nor docstrings.

`bytes / min` is what the launches of one call load and store, as if there were no cache, over what any implementation
must move: each byte that it needs of its inputs and each byte of its results once. `flops / min` is the floating-point
operations of the launches over the multiplications and additions of the reference's matrix products and convolutions;
it is empty where the reference has none.

Both are counted in Triton's interpreter, on the first workload of the task with its batch and then its longest
dimensions halved until it is small enough, or with `*` on the largest fixed case. Every lane counts that its mask lets
through: what several programs load, or several lanes of one, counts several times though a GPU's caches serve it, and
an atomic operation loads and stores. A `tl.dot` is 2MNK operations; other arithmetic and functions of floating-point
numbers are one for each lane of a block, masked or not (`benchmarks/counted_work.py`). A matrix product loads each
operand again for every tile of the result in its direction, so its ratio of bytes grows with the matrices; a
decomposition goes over the whole matrix once for each panel, column or sweep.

This page is made by `python benchmarks/solutions_page.py`, its two ratios by `python benchmarks/solution_traffic.py`.
"""

RESOURCES = """
## Resources

Every launch of the fixed cases and of the workloads, compiled with Triton's own compiler for GPUs that are not there.
A cell has the most registers of a thread, the most shared memory of a block and the least theoretical occupancy of any
launch, not always of the same one, then what a thread spills to memory at most, where it does. Registers of `gfx942`
are vector registers; what spills there from scalar to vector registers stays on the chip and is not counted. An empty
cell was not compiled.

Up to 32 bytes are what is left over at the limit of 255 registers, or of 128 with sixteen warps. More has a reason.
Decompositions hold whole columns or panels in registers, as their modules say (`reflections`, `planes`, `jacobi`,
`schur`), and `attention_w8a8` the sums of a head of 256 columns. `matmul` and `fused_tanh_linear` are tuned: what
spills is their configurations for half precision in float32, which tensor cores do not multiply, and a GPU chooses
others where those are slower.

`pytest -m compile --kb-submission=solutions --kb-target=sm_80,sm_90,sm_100,gfx942 --kb-results=FILE`, then
`python benchmarks/solutions_page.py --compiled FILE`.
"""


def kernels(folder: Path) -> Iterator[Path]:
    """Yield the kernel files of a submission."""
    yield from (path for path in sorted(folder.glob("*/*.py")) if path.parent.name != "_common")


def algorithm(source: str) -> str:
    """Return the first paragraph of a file's docstring as one line."""
    text = ast.get_docstring(ast.parse(source)) or ""
    return " ".join(text.split("\n\n")[0].split())


def lines(source: str) -> int:
    """Return how many lines of a file are code."""
    tree = ast.parse(source)
    documented = (ast.Module, ast.FunctionDef, ast.ClassDef)
    hidden = {
        number
        for node in ast.walk(tree)
        if isinstance(node, documented) and ast.get_docstring(node, clean=False) is not None
        for number in range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1)
    }
    numbered = enumerate(source.splitlines(), start=1)
    return sum(1 for number, line in numbered if number not in hidden and line.strip() and line.strip()[0] != "#")


def resources(record: CompileRecord) -> dict[str, Any]:
    """Return what the table says of one kernel on one target."""
    occupancies = [each["occupancy"] for each in record.kernels if each.get("occupancy") is not None]
    return {
        "status": record.status,
        "registers": record.registers,
        "shared": record.shared_bytes or 0,
        "occupancy": round(min(occupancies), 3) if occupancies else None,
        # On AMD, spills to memory are in the stack; the count includes those to other registers.
        "spilled": (record.stack if record.target.startswith("gfx") else record.spills) or 0,
    }


def keep(files: Sequence[Path], root: Path = ROOT, kept: Path = KEPT) -> None:
    """Add the resources of compile records to those that are kept."""
    catalogue = Catalogue.find()
    folders = [root / "submissions" / name for name in FOLDERS]
    today = {kernel.task: kernel.sha256 for each in folders for kernel in Submission.load(each, catalogue).kernels}
    found: dict[str, dict[str, Any]] = json.loads(kept.read_text(encoding="utf-8")) if kept.exists() else {}
    for record in load(files, catalogue).records:
        if isinstance(record, CompileRecord) and record.kernel_sha256 == today.get(record.task):
            found.setdefault(record.task, {})[record.target] = resources(record)
    rows = (f"{json.dumps(task)}: {json.dumps(found[task], sort_keys=True)}" for task in sorted(found))
    kept.write_text("{\n" + ",\n".join(rows) + "\n}\n", encoding="utf-8")


def cell(found: Mapping[str, Any] | None) -> str:
    """Return the cell of one kernel on one target."""
    if found is None:
        return ""
    if found["status"] != "passed":
        return str(found["status"])
    shared, share = found["shared"] / 1024, found["occupancy"]
    parts = [f"{found['registers']}", f"{shared:.3g} KiB", f"{share:.0%}" if share is not None else ""]
    return ", ".join([*filter(None, parts), *([f"**spills {found['spilled']} B**"] if found["spilled"] else [])])


def table(kept: Path = KEPT) -> str:
    """Return the section on resources; nothing where none are kept."""
    if not kept.exists():
        return ""
    found = json.loads(kept.read_text(encoding="utf-8"))
    lines = [RESOURCES, f"| task | {' | '.join(TARGETS)} |", "| --- |" + " --- |" * len(TARGETS)]
    lines += [f"| `{task}` | {' | '.join(cell(found[task].get(each)) for each in TARGETS)} |" for task in found]
    return "\n".join(lines) + "\n"


def digest(path: Path) -> str:
    """Return the SHA-256 of a kernel's file and of the modules of `_common` that it imports, directly or not."""
    files = [path]
    for file in files:
        for node in ast.walk(ast.parse(file.read_bytes())):
            if isinstance(node, ast.ImportFrom) and str(node.module).startswith("_common."):
                module = path.parents[1] / f"{str(node.module).replace('.', '/')}.py"
                files += [module] if module not in files else []
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in [path, *sorted(files[1:])])).hexdigest()


def ratios(path: Path, traffic: Mapping[str, Any]) -> tuple[str, str]:
    """Return the cells of a kernel's bytes and flops; empty ones where it has changed since they were counted."""
    found = traffic.get(path.stem, {})
    if found.get("sha256") != digest(path) or "failed" in found:
        return "", ""
    moved, mark = found["loaded"] + found["stored"], "*" if found["of"] == FIXED else ""
    return _over(moved, found["least_bytes"]) + mark, _over(found["flops"], found["least_flops"])


def _over(count: int, least: int) -> str:
    if not least:
        return ""
    return f"{count / least:.1f}" if count < 9.95 * least else f"{count / least:.0f}"


def page(root: Path = ROOT, kept: Path = KEPT) -> str:
    """Return the text of the page."""
    traffic_file = root / "benchmarks" / TRAFFIC.name
    traffic = json.loads(traffic_file.read_text(encoding="utf-8")) if traffic_file.exists() else {}
    total = sum(1 for path in (root / "tasks").glob("*/*.py") if path.stem != "__init__")
    folders = [root / "submissions" / name for name in FOLDERS]
    files = sorted((path.parent.name, path.stem, path) for folder in folders for path in kernels(folder))
    parts = [INTRODUCTION, f"{len(files)} of {total} tasks are solved.\n"]
    category = None
    for name, task, path in files:
        if name != category:
            parts.append(f"{'' if category is None else chr(10)}## {name}\n")
            parts.append("| task | algorithm | lines | bytes / min | flops / min |\n| --- | --- | ---: | ---: | ---: |")
            category = name
        source = path.read_text(encoding="utf-8")
        mark = " (example)" if "examples" in path.parts else ""
        cells = [f"`{task}`{mark}", algorithm(source).replace("|", chr(92) + "|"), str(lines(source))]
        parts.append(f"| {' | '.join([*cells, *ratios(path, traffic)])} |")
    return "\n".join(parts) + "\n" + table(kept)


def main() -> None:
    """Keep the resources of the files that are named, and write the page."""
    parser = argparse.ArgumentParser(description="Write docs/solutions.md.")
    parser.add_argument("--compiled", nargs="+", type=Path, default=[], metavar="FILE", help="files of compile records")
    files = parser.parse_args().compiled
    if files:
        keep(files)
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
