"""MkDocs hook: pages from files at the root of the repository, and Markdown that works here as it does on GitHub."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page
from mkdocs.utils import get_relative_url

ROOT = Path(__file__).resolve().parents[2]

PAGES = {
    "ARCHITECTURE.md": "architecture.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security.md",
}
"""Files at the root, and the pages of the site that show them."""

_LINK = re.compile(r"\[(?P<text>(?:[^\[\]]|\[[^\]]*\])*)\]\((?P<target>[^()\s]+)\)")
_FENCE = re.compile(r"^\s*(?:```|~~~)[\w-]*")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the files at the root of the repository to the site."""
    for source, page in PAGES.items():
        files.append(File.generated(config, page, abs_src_path=str(ROOT / source)))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Point relative links at pages of the site, and at the repository where a file has no page.

    Opening fences lose what follows the language: the tests of the pages read it (`bash exit=1`), MkDocs does not.
    """
    here = page.file.src_uri
    source = next((name for name, shown in PAGES.items() if shown == here), f"docs/{here}")

    def linked(match: re.Match[str]) -> str:
        text, (path, hash_, anchor) = match["text"], match["target"].partition("#")
        if not path or re.match(r"[a-z]+:", path):
            return match[0]
        target = posixpath.normpath(posixpath.join(posixpath.dirname(source), path))
        shown = PAGES.get(target) or (target.removeprefix("docs/") if target.startswith("docs/") else None)
        if shown is not None and files.get_file_from_path(shown) is not None:
            return f"[{text}]({get_relative_url(shown, here)}{hash_}{anchor})"
        if not (ROOT / target).exists():
            return match[0]  # MkDocs says so
        if config.repo_url:
            return f"[{text}]({config.repo_url.rstrip('/')}/blob/main/{target}{hash_}{anchor})"
        return text

    return _changed(markdown, lambda line: _LINK.sub(linked, line))


def _changed(markdown: str, change: Callable[[str], str]) -> str:
    """Apply a change to the lines outside of code blocks, and keep only the language of an opening fence."""
    lines, fenced = [], False
    for line in markdown.split("\n"):
        if fence := _FENCE.match(line):
            fenced = not fenced
            lines.append(fence[0])
        else:
            lines.append(line if fenced else change(line))
    return "\n".join(lines)
