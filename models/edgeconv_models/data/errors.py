"""What is wrong with a data set."""

from __future__ import annotations

from collections.abc import Iterable

MOST = 20
"""Reasons that are told one by one."""


class DataError(ValueError):
    """A data set, a list or a clip that cannot be used.

    Attributes:
        reasons: all the reasons, one line each.
    """

    def __init__(self, message: str, reasons: Iterable[str] = ()) -> None:
        self.reasons = tuple(reasons)
        more = [f"and {len(self.reasons) - MOST} more"] if len(self.reasons) > MOST else []
        super().__init__("\n".join([message, *(f"  - {line}" for line in (*self.reasons[:MOST], *more))]))
