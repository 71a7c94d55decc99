"""Faults that survive, by kernel, each with the reason."""

from __future__ import annotations

from collections.abc import Mapping

SURVIVORS: Mapping[str, Mapping[str, str]] = {}
