"""Rules of the audit: which observations reject a kernel, and what allows them."""

from __future__ import annotations

import pytest

from pytest_kernelbench.model.rules import ALLOWED_BY_LANGUAGE, RULES, broken
from pytest_kernelbench.model.submission import LANGUAGES


def test_a_broken_rule_names_what_was_seen_and_the_option_that_allows_it() -> None:
    (text,) = broken({"replaces time.time": "clocks", "replaces torch.cuda.Event": "clocks"}, (), "triton")
    assert text.startswith(RULES["clocks"])
    assert "replaces time.time; replaces torch.cuda.Event" in text
    assert text.endswith("--kb-allow=clocks allows that")


def test_each_rule_is_named_once_and_in_the_order_of_the_observations() -> None:
    observed = {"a": "libraries", "b": "clocks", "c": "libraries"}
    assert [text.split("--kb-allow=")[1].split()[0] for text in broken(observed, (), "triton")] == [
        "libraries", "clocks",
    ]  # fmt: skip


@pytest.mark.parametrize("rule", RULES)
def test_the_user_may_allow_each_rule(rule: str) -> None:
    assert len(broken({"it": rule}, (), "triton")) == 1
    assert broken({"it": rule}, (rule,), "triton") == []


def test_observations_that_break_no_rule_reject_nothing() -> None:
    assert broken({"starts threads": "", "uses the network": "unheard-of"}, (), "triton") == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_allows_what_it_is_made_for(language: str) -> None:
    observed = {rule: rule for rule in RULES}
    rejected = {text.split("--kb-allow=")[1].split()[0] for text in broken(observed, (), language)}
    assert rejected == set(RULES) - set(ALLOWED_BY_LANGUAGE[language])
