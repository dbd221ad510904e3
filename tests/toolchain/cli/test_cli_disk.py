"""A disk that is full: code 4, one message, the earlier bundle untouched."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from cli_small import small
from cli_tools import EDGECONV, environment

from edgeconv.bundle import StagedFolder
from edgeconv.cli.failure import tell
from edgeconv.core.errors import DiskFull

SCRIPT = """
mount -t tmpfs -o size=400k tmpfs "$1" || exit 99
mkdir "$1/net" && echo '{}' > "$1/net/manifest.json" && shift
"$@"
code=$?
ls -AR "$disk"
exit $code
"""


def test_a_really_full_disk(tiny: str, videos: Path, profile: Path, tmp_path: Path) -> None:
    """On a file system of 400 kB, in a mount namespace of its own."""
    disk = tmp_path / "disk"
    disk.mkdir()
    command = [*EDGECONV, "export", tiny, "-p", profile, "--calibration", videos, "--out", disk / "net"]
    unshare = shutil.which("unshare")
    if unshare is None:
        pytest.skip("no unshare here; the next test stands in")
    own = [unshare, "-m"] if os.geteuid() == 0 else [unshare, "-rm"]
    ran = subprocess.run(
        [*own, "sh", "-c", SCRIPT, "sh", disk, *command],
        env=environment(disk=str(disk)),
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    if ran.returncode == 99 or "unshare" in ran.stderr:
        pytest.skip("mounting is not permitted here; the next test stands in")
    assert ran.returncode == 4, ran
    assert f"error: the disk is full: nothing was written to '{disk / 'net'}'" in ran.stderr
    assert f"0 bytes are free in '{disk}'" in ran.stderr
    assert "Traceback" not in ran.stderr
    assert ran.stdout.split() == [f"{disk}:", "net", f"{disk}/net:", "manifest.json"]


@pytest.mark.parametrize("limit", [3_000, 60_000], ids=["at the first file", "at the last files"])
def test_a_limit_on_the_size_of_files(tmp_path: Path, limit: int) -> None:
    """Works everywhere, without any rights: what is written beyond it is refused by the kernel, as on a full disk."""
    arguments, place = small(tmp_path), tmp_path / "place"
    (place / "net").mkdir(parents=True)
    (place / "net" / "manifest.json").write_text("{}")
    ran = subprocess.run(
        ["sh", "-c", f'ulimit -f {limit // 512}; exec "$@"', "sh", *EDGECONV, *arguments, "--out", place / "net"],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert ran.returncode == 4, ran
    said = f"a file may not grow beyond {limit // 512 * 512} bytes here: nothing was written to '{place / 'net'}'"
    assert f"error: {said}" in ran.stderr
    assert " had been written beside it" in ran.stderr
    assert "Traceback" not in ran.stderr
    assert [str(p.relative_to(place)) for p in place.rglob("*")] == ["net", "net/manifest.json"]


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        OSError(errno.EDQUOT, "Disk quota exceeded"),
        OSError("Not enough free space to write 786432 bytes"),
        OSError("786432 requested and 371680 written"),
        DiskFull("told by a child"),
    ],
    ids=["full", "quota", "numpy before", "numpy midway", "child"],
)
def test_every_way_to_say_so(error: Exception, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "net"
    out.mkdir()
    (out / "manifest.json").write_text("{}")

    def write() -> None:
        with StagedFolder(out) as staged:
            np.save(staged.path / "golden.npy", np.zeros(3))
            raise error

    with pytest.raises(DiskFull) as caught:
        write()
    assert tell(caught.value, as_json=False) == 4
    assert capsys.readouterr().err.startswith("error: the disk is full: nothing was written to ")
    assert [p.name for p in tmp_path.rglob("*")] == ["net", "manifest.json"]


def test_other_trouble_is_not_called_a_full_disk(tmp_path: Path) -> None:
    with pytest.raises(PermissionError), StagedFolder(tmp_path / "net"):
        raise PermissionError(errno.EACCES, "Permission denied")
