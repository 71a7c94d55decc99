"""Rules of the audit: what a kernel must not do because it would change the meaning of its verdict."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

RULES: Mapping[str, str] = {
    "clocks": "functions that a timer uses are replaced, so its times would be whatever the kernel says",
    "cpp_extension": "a C++ or CUDA extension is built, whose code is not inspected",
    "fallback": "too many cases are answered without a launch that matters",
    "launches": "functions that launch kernels are replaced, so launches cannot be counted",
    "libraries": "kernels of an installed library do the work, not the submission's own",
    "torch_compile": "kernels that torch.compile generates do the work",
}
"""Each rule, with the reason for which a kernel that breaks it is rejected; `--kb-allow` lists exceptions."""

ALLOWED_BY_LANGUAGE: Mapping[str, tuple[str, ...]] = {
    "triton": (),
    "torch": ("fallback", "libraries", "torch_compile"),
    "cuda": ("cpp_extension", "fallback"),
}
"""Rules that do not apply to submissions in a language."""


def broken(observed: Mapping[str, str], allow: Iterable[str], language: str) -> list[str]:
    """Return why a kernel is rejected, one text for each rule that it breaks and that is not allowed.

    `observed` maps each observation to the rule that it breaks, or to an empty text.
    """
    exempt = {*allow, *ALLOWED_BY_LANGUAGE.get(language, ())}
    found = [rule for rule in dict.fromkeys(observed.values()) if rule in RULES and rule not in exempt]
    seen = {rule: "; ".join(text for text, its in observed.items() if its == rule) for rule in found}
    return [f"{RULES[rule]} (it {seen[rule]}); --kb-allow={rule} allows that" for rule in found]
