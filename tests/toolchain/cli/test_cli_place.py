"""Where a bundle cannot go is said before the work begins: another export writes there, or nobody can."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from cli_small import small
from cli_tools import EDGECONV, Ran, edgeconv, environment

from edgeconv.bundle import inspect_bundle


def test_two_exports_into_one_place_at_once(tmp_path: Path) -> None:
    """The second is refused while the first is at work; the first never notices."""
    arguments, out = small(tmp_path), tmp_path / "place" / "net"
    command = [*EDGECONV, *arguments, "--out", out]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment()
    ) as first:
        assert first.stderr is not None
        assert first.stderr.readline().endswith("source\n")
        second = edgeconv(*arguments, "--out", out)
        assert first.poll() is None
        _, told = first.communicate(timeout=100)
    assert second.code == 2
    assert second.out == ""
    assert second.err.splitlines() == [
        f"error: another edgeconv (process {first.pid}) is writing '{out}'",
        "  hint: wait for it, or choose another --out",
    ]
    assert first.returncode == 0, told
    assert inspect_bundle(out).findings == ()
    assert [p.name for p in out.parent.iterdir()] == ["net"]


@pytest.mark.parametrize("place", ["/proc/edgeconv/net", "/dev/null/net"])
def test_a_place_where_nobody_can_write(tmp_path: Path, place: str) -> None:
    """Not even root."""
    refused_at_once(edgeconv(*small(tmp_path), "--out", place), str(Path(place).parent))


def test_a_folder_without_the_right_to_write(tmp_path: Path) -> None:
    """Root may write everywhere, so its test runs where a file system is mounted for reading, if that is permitted."""
    arguments, place = small(tmp_path), tmp_path / "place"
    (place / "net").mkdir(parents=True)
    (place / "net" / "manifest.json").write_text("{}")
    if os.geteuid() != 0:
        place.chmod(0o555)
        refused_at_once(edgeconv(*arguments, "--out", place / "net"), str(place))
        place.chmod(0o755)
    else:
        mount = 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" || exit 99'
        refused_at_once(mounted(mount, place, [*arguments, "--out", place / "net"]), str(place))
    assert [str(p.relative_to(place)) for p in place.rglob("*")] == ["net", "net/manifest.json"]


def test_a_mount_point(tmp_path: Path) -> None:
    """A container's volume cannot be exchanged for another folder; a folder inside can."""
    arguments, volume = small(tmp_path), tmp_path / "a volume"
    volume.mkdir()
    ran = mounted('mount --bind "$0" "$0" || exit 99', volume, [*arguments, "--out", volume])
    refused_at_once(ran, f"'{volume}' is a mount point, which cannot be replaced as a whole")
    assert f"choose '{volume / 'bundle'}'" in ran.err


def refused_at_once(ran: Ran, why: str) -> None:
    assert ran.code == 2
    assert why in ran.err
    assert ran.err.startswith("error: ")  # no stage has begun
    assert "hint: choose " in ran.err


def mounted(mount: str, place: Path, arguments: list[str | Path]) -> Ran:
    """An edgeconv behind `mount`, a shell command on "$0", in a mount namespace of its own."""
    unshare = shutil.which("unshare")
    if unshare is None:
        pytest.skip("no unshare here")
    own = [unshare, "-m"] if os.geteuid() == 0 else [unshare, "-rm"]
    ran = subprocess.run(
        [*own, "sh", "-c", f'{mount}; exec "$@"', place, *EDGECONV, *arguments],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    if ran.returncode == 99 or "unshare" in ran.stderr:
        pytest.skip("mounting is not permitted here")
    return Ran(ran.returncode, ran.stdout, ran.stderr)
