"""Markdown that holds with hostile names: text, and tables of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_SPECIAL = re.compile(r"([\\`*\[\]|~$])|(?<![^\W_])(_)|(_)(?![^\W_])")


def escape(text: str) -> str:
    """Text that stays text in a Markdown table: one line, no markup, no HTML, no cell borders."""
    text = " ".join(text.split()).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _SPECIAL.sub(r"\\\g<0>", text)


def table(head: Sequence[str], rows: Iterable[Sequence[str]], align: str = "") -> str:
    lines = [" | ".join(row) for row in rows]
    if not lines:
        return "None."
    rule = " | ".join("---:" if align[i : i + 1] == "r" else "---" for i in range(len(head)))
    return "\n".join(f"| {line} |" for line in (" | ".join(head), rule, *lines))
