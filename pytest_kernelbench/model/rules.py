"""Rules of the audit: what would change the meaning of a verdict, and is rejected unless the user allows it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pytest_kernelbench.model.errors import choices

RULES: Mapping[str, str] = {
    "clocks": "what a timer would use is replaced: the figures would be the kernel's own",
    "cpp_extension": "a C++ or CUDA extension is built: nothing is known of what it computes with",
    "launches": "what launches kernels is replaced: nothing that is counted can be believed",
    "libraries": "the work is done by a library's kernels, not by the submission's",
    "torch_compile": "the work is done by kernels that torch.compile writes",
}
"""What `--kb-allow` can allow, and why it is rejected otherwise."""

MEANT: Mapping[str, tuple[str, ...]] = {
    "triton": (),
    "torch": ("libraries", "torch_compile"),
    "cuda": ("cpp_extension",),
}
"""What a submission's language allows by itself."""


def allowed(text: str) -> tuple[str, ...]:
    """Return the rules that a list by comma names; raises `ValueError` with the legal names."""
    names = tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    for name in names:
        if name not in RULES:
            raise ValueError(choices(name, RULES))
    return names


def broken(observed: Mapping[str, str], allow: Iterable[str], language: str) -> list[str]:
    """Return why what was observed is rejected, one text a rule; nothing where user and language allow it all.

    `observed` has the rule that each observation breaks, or an empty text.
    """
    free = {*allow, *MEANT.get(language, ())}
    found = [rule for rule in dict.fromkeys(observed.values()) if rule in RULES and rule not in free]
    seen = {rule: "; ".join(text for text, its in observed.items() if its == rule) for rule in found}
    return [f"{RULES[rule]} (it {seen[rule]}); --kb-allow={rule} allows that" for rule in found]
