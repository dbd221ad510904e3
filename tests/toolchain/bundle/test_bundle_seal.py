"""A sealed document shows every changed byte."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

from edgeconv.bundle.seal import sealed, write_sealed

DOCUMENT: dict[str, Any] = {
    "name": "größe",
    "scale": 0.01865844801068306,
    "tiny": 5e-324,
    "files": {"b": 1, "a": [True]},
}


def _holds(text: str) -> bool:
    return sealed(json.loads(text)) == text


def test_what_was_written_holds(tmp_path: Path) -> None:
    write_sealed(tmp_path / "sealed.json", DOCUMENT)
    text = (tmp_path / "sealed.json").read_bytes().decode()
    assert _holds(text)
    assert {k: v for k, v in json.loads(text).items() if k != "seal"} == DOCUMENT


def test_sealing_again_changes_nothing() -> None:
    assert sealed(json.loads(sealed(DOCUMENT))) == sealed(DOCUMENT) == sealed(dict(reversed(DOCUMENT.items())))


def test_every_flipped_bit_shows() -> None:
    data = bytearray(sealed(DOCUMENT).encode())
    for bit in range(8 * len(data)):
        data[bit // 8] ^= 1 << bit % 8
        with contextlib.suppress(ValueError):  # no JSON or no UTF-8 shows as well
            assert not _holds(data.decode())
        data[bit // 8] ^= 1 << bit % 8


def test_the_same_meaning_in_other_bytes_shows() -> None:
    text = sealed(DOCUMENT)
    assert not _holds(text.rstrip())
    assert not _holds(text.replace("  ", " "))
    assert not _holds(text.replace('"tiny": 5e-324', '"tiny": 5E-324'))
    assert not _holds(text.replace('  "name": "größe"', '  "name": "x",\n  "name": "größe"'))
