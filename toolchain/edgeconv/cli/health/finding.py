"""What one look at the installation found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "note", "broken"]


@dataclass(frozen=True)
class Finding:
    topic: str
    """Group it is shown in: 'Python', 'Packages', 'Runtimes', 'Compilers', 'Machine'."""
    name: str
    state: State
    """ok; note: worth knowing, nothing fails; broken: exports fail."""
    found: str
    mend: str = ""
    """What to do about it; a command where there is one."""


def healthy(findings: Sequence[Finding]) -> bool:
    return not any(f.state == "broken" for f in findings)
