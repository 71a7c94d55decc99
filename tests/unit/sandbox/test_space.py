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
    files, mine = space.Files(tmp_path), [os.getpid()]
    assert 1 << 20 <= files.used(mine, 1 << 30) < 1 << 21
    with (tmp_path / "gone").open("wb") as stream:
        stream.write(bytes(4 << 20))
        stream.flush()
        (tmp_path / "gone").unlink()
        assert 5 << 20 <= files.used(mine, 1 << 30) < 6 << 20
        assert files.used([], 1 << 30) < 1 << 21
    for number in range(200):
        (tmp_path / str(number)).touch()
    assert files.used(mine, 1 << 30) > 2 << 20, "an empty file takes an inode"
    assert files.used(mine, 1 << 20) < 2 << 20, "counting goes on beyond the limit"


MAPPED = """
import ctypes, os, sys
from pathlib import Path
from pytest_kernelbench.sandbox import space
if os.geteuid() == 0:
    os.setresuid(65534, 65534, 65534)
files, told, libc = space.Files(Path(sys.argv[1])), [], ctypes.CDLL(None)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
for number in range(12):
    path = Path(sys.argv[1], f"file{number}")
    with path.open("w+b") as stream:
        stream.write(bytes(1 << 20))
        stream.flush()
        if number == 0:
            files.used([os.getpid()], 1 << 30)
        assert libc.mmap(None, 1 << 14, 1, 1, stream.fileno(), 0) not in (None, ctypes.c_void_p(-1).value)
    path.unlink()
    told.append(files.used([os.getpid()], 1 << 30))
print(told[0], told[6], told[-1])
"""


def test_a_user_counts_files_that_are_mapped_and_have_no_name() -> None:
    with tempfile.TemporaryDirectory() as home:
        Path(home).chmod(0o777)
        done = subprocess.run([sys.executable, "-c", MAPPED, home], capture_output=True, text=True, check=True)
    first, few, many = map(int, done.stdout.split())
    assert 1 << 20 <= first < 1 << 21, "its size was seen before it lost its name"
    assert few < 1 << 22, "some libraries may be deleted once they are loaded"
    assert many > 3 << 28, "nobody can say how large so many are"


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
