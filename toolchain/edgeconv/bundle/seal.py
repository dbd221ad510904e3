"""JSON documents that carry their own SHA-256, so that a flipped byte in the manifest shows as in any other file.

A seal tells damage, not malice: who can rewrite a bundle can seal it again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

KEY = "seal"


def sealed(document: Mapping[str, Any]) -> str:
    """The only form that a sealed document is written in; `seal` is the SHA-256 of the same text without it."""
    unsealed = {key: value for key, value in document.items() if key != KEY}
    digest = hashlib.sha256(_text(unsealed).encode()).hexdigest()
    return _text({**unsealed, KEY: digest}) + "\n"


def write_sealed(path: Path, document: Mapping[str, Any]) -> None:
    path.write_text(sealed(document), encoding="utf-8", newline="\n")


def _text(document: Mapping[str, Any]) -> str:
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False)
