"""One live process per place; a dead one's claim is taken over; a stranger's is not touched."""

from __future__ import annotations

import errno
import fcntl
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from edgeconv.core.claim import Claim
from edgeconv.core.errors import UsageError

OWNER = """
import sys
from pathlib import Path
from edgeconv.core.claim import Claim

claim = Claim(Path(sys.argv[1]))
claim.take(print)
(claim.work / "half").touch()
print(claim.work, flush=True)
sys.stdin.read()
claim.release()
"""


@contextmanager
def owner(out: Path) -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """Another process that has the claim, and its work folder; it gives it up when its stdin ends."""
    with subprocess.Popen(
        [sys.executable, "-c", OWNER, str(out)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        yield process, Path(process.stdout.readline().strip())


@contextmanager
def claimed(out: Path, recover: Callable[[Path], None] = lambda _: None) -> Iterator[Claim]:
    claim = Claim(out)
    claim.take(recover)
    try:
        yield claim
    finally:
        claim.release()


def test_a_live_owner_is_named_and_left_alone(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with owner(out) as (process, work):
        with pytest.raises(UsageError) as caught:
            Claim(out).take(lambda left: pytest.fail(f"{left} is in use"))
        assert f"(process {process.pid}) is writing '{out}'" in caught.value.message
        assert (work / "half").exists()
        process.communicate()
    with claimed(out):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_dead_owner_leaves_its_place_to_the_next(tmp_path: Path) -> None:
    out, found = tmp_path / "out", []
    with owner(out) as (process, work):
        process.kill()
        process.wait()
    with claimed(out, lambda left: found.append((left, [p.name for p in left.iterdir()]))) as claim:
        assert found == [(work, ["half"])]
        assert not work.exists()
        assert claim.work != work  # whoever still writes there writes into nothing
        assert list(claim.work.iterdir()) == []
    assert list(tmp_path.iterdir()) == []


def test_nobody_takes_a_claim_that_is_being_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The owner deletes the lock between our opening it and our locking it: ours would be a lock on nothing."""
    out, flock = tmp_path / "out", fcntl.flock
    first = Claim(out)
    first.take(lambda _: None)

    def late(opened: int, operation: int) -> None:
        monkeypatch.setattr(fcntl, "flock", flock)
        first.release()
        flock(opened, operation)

    monkeypatch.setattr(fcntl, "flock", late)
    with claimed(out) as second:
        assert second.work.is_dir()
        with pytest.raises(UsageError, match="is writing"):
            Claim(out).take(lambda _: None)


def test_a_file_system_without_locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Making the folder is exclusive; but of a folder that is there, nobody knows whether its owner lives."""

    def none(_opened: int, _operation: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", none)
    with claimed(tmp_path / "out"):
        with pytest.raises(UsageError, match=rf"another run \(process {os.getpid()}\)") as caught:
            Claim(tmp_path / "out").take(lambda _: None)
        assert caught.value.reasons == ("the file system has no locks: No locks available",)
    with claimed(tmp_path / "out"):
        pass


@pytest.mark.parametrize("what", ["link", "file"])
def test_what_somebody_laid_in_our_way_is_not_touched(tmp_path: Path, what: str) -> None:
    (tmp_path / "precious" / "work-1").mkdir(parents=True)
    if what == "link":
        (tmp_path / ".out.partial").symlink_to("precious")
    else:
        (tmp_path / ".out.partial").touch()
    with pytest.raises(UsageError, match="in the way and not ours"):
        Claim(tmp_path / "out").take(lambda _: None)
    assert [p.name for p in (tmp_path / "precious").iterdir()] == ["work-1"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder to somebody else")
@pytest.mark.parametrize("shared", [True, False])
def test_a_folder_of_somebody_else_counts_where_anybody_may_lay_one(tmp_path: Path, shared: bool) -> None:
    """As in /tmp; elsewhere, who may write may also replace the bundle."""
    tmp_path.chmod(0o1777 if shared else 0o755)
    (tmp_path / ".out.partial").mkdir()
    os.chown(tmp_path / ".out.partial", 12345, 12345)
    if shared:
        with pytest.raises(UsageError, match="not ours"):
            Claim(tmp_path / "out").take(lambda _: None)
    else:
        with claimed(tmp_path / "out"):
            pass
