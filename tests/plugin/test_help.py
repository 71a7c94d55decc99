"""The help text: every option is pinned here, so that none changes by accident."""

from __future__ import annotations

import re

import pytest

from tests.support.project import Project

HELP = """
judge GPU kernels:
  --kb-submission=NAME  kernels to judge: a name under submissions/, a folder, a
                        file or a glob; repeatable
  --kb-kernel=NAME      a kernel in a package: module:function, or
                        task=module:function where the function has another
                        name; repeatable
  --kb-results=FILE     append one JSON line per kernel to FILE as it is judged
  --kb-report=FILE.html
                        write the results as one HTML page when the run ends
  --kb-missing=WHAT     tasks without a kernel: hide, skip, fail (default: hide)
  --kb-gpu=MODEL        the model of GPU to use where there are several, or
                        `each` (default: the first GPU's)
  --kb-workers-per-gpu=N
                        workers per GPU for -n auto; only one of them times at
                        once (default: 1)
  --kb-compiled=WHAT    what Triton compiled for a kernel on a GPU: keep (in the
                        user's cache folder, for the timing of the same kernel)
                        or discard (default: keep)
  --kb-shard=I/N        judge the I-th of N parts of the kernels, on N machines
                        or one after the other
  --kb-device=DEVICE    where kernels run: auto, cuda, interpreter, cpu (cpu:
                        plain torch, no stand-in) (default: auto)
  --kb-examples=N       cases drawn per kernel, in addition to the fixed ones
                        (default: 48)
  --kb-facets=LIST      facets to try, separated by commas: basic,sizes,dtypes,l
                        ayouts,values,contract,engine,gradients (default:
                        basic,sizes,dtypes,layouts,values,contract,engine)
  --kb-timeout=SECONDS  time limit per kernel; one call may take a quarter of it
                        (default: 240)
  --kb-target=LIST      GPUs to compile for, separated by commas: sm_80,sm_86,sm
                        _89,sm_90,sm_100,sm_120,gfx90a,gfx942,gfx950; the first
                        one also completes verdicts of the interpreter, by
                        default sm_90; none compiles nothing
  --kb-compile-timeout=SECONDS
                        time limit per kernel and target (default: 120)
  --kb-baseline=LIST    baselines to time against, separated by commas: eager,
                        compile (default: eager)
  --kb-allow=LIST       rules of the audit that do not reject, separated by
                        commas: clocks, cpp_extension, fallback, launches,
                        libraries, torch_compile
  --kb-sandbox=MODE     how kernels are confined: strict (refuse to run without
                        every measure), best (use what the machine has), off
                        (default: best)
  --kb-path=LIST        folders that kernels may read and import from, separated
                        by commas
  --kb-env=NAME=VALUE   an environment variable that kernels need, such as
                        GEMS_VENDOR=nvidia; repeatable
  --kb-tasks=FOLDER     folder of your own task files, in addition to the
                        shipped ones
  --kb-resume           do not judge a kernel again whose record is in the file
                        of --kb-results; report that record
  --kb-case=CASE        replay one case, as a failure printed it
"""


def test_the_options_are_these_and_have_twins_in_the_ini(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    text = project.run("--help").stdout.str()
    section = text[text.index("judge GPU kernels:") :]
    assert section[: section.index("\n\n")] == HELP.strip()
    options = {name.replace("-", "_") for name in re.findall(r"--kb-([a-z-]+)[= ]", HELP)} - {"case"}
    assert set(re.findall(r"^  kb_([a-z_]+) \(", text, re.MULTILINE)) == options
