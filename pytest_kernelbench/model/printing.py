"""Texts that are safe to print: what a kernel wrote can neither control a terminal nor reorder a line."""

from __future__ import annotations

import re
import unicodedata

_HIDDEN = re.compile(r"[^\n\t -~]")


def visible(text: str) -> str:
    r"""Return the text with each control character, direction override and surrogate as an escape such as `\x1b`.

    A kernel's names and output can then neither colour a terminal nor reverse the rest of a line.
    """
    return _HIDDEN.sub(lambda found: _escaped(found[0]), text)


def _escaped(character: str) -> str:
    category = unicodedata.category(character)
    if category[0] == "C" or category in ("Zl", "Zp"):
        return character.encode("unicode_escape", "surrogatepass").decode("ascii")
    return character
