"""Write docs/solutions.md, the table of kernels that pass every facet: `python benchmarks/solutions_page.py`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "solutions.md"

INTRODUCTION = """# Solutions

Triton kernels of this project that pass every facet without a GPU, with the label `kernel`. They show that a task is
fair, and each new rule of the judge is tried on them before it may fail anybody. `submissions/examples` is a showcase:
each file is complete in itself. Kernels of `submissions/solutions` share the modules of its folder `_common`. Lines are
those of the task's file that are neither empty nor comments nor docstrings.

This page is made by `python benchmarks/solutions_page.py`.
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


def page(root: Path = ROOT) -> str:
    """Return the text of the page."""
    total = sum(1 for path in (root / "tasks").glob("*/*.py") if path.stem != "__init__")
    folders = [root / "submissions" / name for name in ("examples", "solutions")]
    files = sorted((path.parent.name, path.stem, path) for folder in folders for path in kernels(folder))
    parts = [INTRODUCTION, f"{len(files)} of {total} tasks are solved.\n"]
    category = None
    for name, task, path in files:
        if name != category:
            parts.append(f"{'' if category is None else chr(10)}## {name}\n")
            parts.append("| task | algorithm | lines |\n| --- | --- | ---: |")
            category = name
        source = path.read_text(encoding="utf-8")
        mark = " (example)" if "examples" in path.parts else ""
        parts.append(f"| `{task}`{mark} | {algorithm(source).replace('|', chr(92) + '|')} | {lines(source)} |")
    return "\n".join(parts) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
