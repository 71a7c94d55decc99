"""The folder of what is kept between sessions."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_kernelbench.model.cache import folder


def test_the_users_cache_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert folder("compile") == tmp_path / "pytest-kernelbench" / "compile"
    assert not folder("compile").exists()


@pytest.mark.parametrize("value", [None, ""])
def test_without_the_variable_it_is_below_the_home_folder(
    value: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    if value is None:
        monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    else:
        monkeypatch.setenv("XDG_CACHE_HOME", value)
    assert folder("roofline") == tmp_path / ".cache" / "pytest-kernelbench" / "roofline"
