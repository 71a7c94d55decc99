"""The home of a runner: its size is limited or counted, and nothing in it can keep it from being removed."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from pytest_kernelbench.sandbox import space

HOME = """
import os, sys
from pathlib import Path
from pytest_kernelbench.sandbox import space
home = Path(sys.argv[1])
if not space.enclose(home, 1 << 20, os.getuid()):
    sys.exit(3)
os.chdir(home)
try:
    for number in range(64):
        Path(f"file{number}").write_bytes(bytes(1 << 16))
except OSError as error:
    print(number, error.errno)
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount")
def test_an_enclosed_home_has_a_size_and_ends_with_its_process(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", HOME, str(tmp_path)], capture_output=True, text=True, check=False)
    if done.returncode == 3:
        pytest.skip("this container forbids to mount")
    number, error = map(int, done.stdout.split())
    assert error == errno.ENOSPC
    assert 10 < number <= 16
    assert list(tmp_path.iterdir()) == []
    assert str(tmp_path) not in Path("/proc/self/mounts").read_text()


def test_a_user_cannot_enclose_a_home(tmp_path: Path) -> None:
    code = "import os, sys\nos.geteuid() or os.setuid(65534)\n" + HOME.replace("import os, sys\n", "", 1)
    program = tmp_path / "program.py"
    program.write_text(code)
    tmp_path.chmod(0o755)
    done = subprocess.run([sys.executable, program, str(tmp_path)], capture_output=True, check=False)
    assert done.returncode != 0


def test_all_files_are_counted_also_those_without_a_name(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "file").write_bytes(bytes(1 << 20))
    os.link(tmp_path / "folder" / "file", tmp_path / "again")
    mine = [os.getpid()]
    assert 1 << 20 <= space.used(tmp_path, mine, 1 << 30) < 1 << 21
    with (tmp_path / "gone").open("wb") as stream:
        stream.write(bytes(4 << 20))
        stream.flush()
        (tmp_path / "gone").unlink()
        assert 5 << 20 <= space.used(tmp_path, mine, 1 << 30) < 6 << 20
        assert space.used(tmp_path, [], 1 << 30) < 1 << 21
    for number in range(100):
        (tmp_path / str(number)).touch()
    assert space.used(tmp_path, mine, 1 << 20) < 2 << 20, "counting goes on beyond the limit"


def test_a_folder_is_removed_whatever_is_in_it(tmp_path: Path) -> None:
    folder = Path(tempfile.mkdtemp(dir=tmp_path))
    (tmp_path / "outside").write_text("stays")
    (folder / "link").symlink_to(tmp_path)
    (folder / "locked").mkdir()
    (folder / "locked" / "inner").mkdir()
    (folder / "locked" / "file").touch()
    (folder / "locked").chmod(0)
    os.mkfifo(folder / "pipe")
    here = os.open(".", os.O_RDONLY)
    try:
        os.chdir(folder)
        for _ in range(3000):
            os.mkdir("deep")
            os.chdir("deep")
    finally:
        os.fchdir(here)
        os.close(here)
    space.remove(folder)
    assert [path.name for path in tmp_path.iterdir()] == ["outside"]
    space.remove(folder)
