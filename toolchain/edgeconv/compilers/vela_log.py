"""What Vela prints of the ops that it leaves on the CPU, in the words of its versions 4 and 5.

Version 5, and 4 for the U85::

    Warning (supported operators) operator: MEAN, ofm: 'head'
    Reason: Batch > 1: 4, 7, 5, 16
    Batch must be 1.

Version 4 for U55 and U65::

    Warning: MEAN 'head' is not supported on the NPU. Placing on CPU instead
     - IFM Tensor batch size must be 1
       Tensor 'x' has batch size: 4
    Info: GELU 'g' is a CPU only op

And both, at the end, the list that names them all: ``CPU: Passthrough = head (outputs [1, 1, 1, 16])``.
"""

from __future__ import annotations

import re

_OPENINGS = (
    re.compile(r"Warning \(supported operators\) operator: ?[^\s,]+,? ofm: ?'?(?P<name>.*?)'?$"),
    re.compile(
        r"Warning: (Unsupported .* semantics for )?\w+ '(?P<name>.*)'( is not supported on .*)?\. Placing on CPU"
    ),
)
_CPU_ONLY = re.compile(r"Info: (?P<kind>\w+) '(?P<name>.*)' is a CPU only op$")
_NEXT = re.compile(r"(Warning|Info)\b|CPU performance estimation")
_LISTED = re.compile(r"   CPU: \S+ = (?P<name>.*?) \((inputs|outputs) ")


def cpu_reasons(output: str) -> dict[str, tuple[str, ...]]:
    """By output tensor of each op on the CPU: why, in Vela's words; empty where it gives no reason."""
    lines = output.splitlines()
    reasons: dict[str, tuple[str, ...]] = {}
    for index, line in enumerate(lines):
        if found := _CPU_ONLY.match(line):
            reasons[found["name"]] = (f"{found['kind']} is a CPU only op",)
        elif found := next((m for p in _OPENINGS if (m := p.match(line))), None):
            reasons[found["name"]] = _paragraph(lines[index + 1 :])
        elif found := _LISTED.match(line):
            reasons.setdefault(found["name"], ())
    return reasons


def _paragraph(lines: list[str]) -> tuple[str, ...]:
    """One reason per ' - ' or 'Reason: '; what follows, up to the next message or an empty line, belongs to it."""
    reasons: list[str] = []
    for line in lines:
        text = line.strip()
        if not text or _NEXT.match(line):
            break
        opened = re.match(r"(?: - |Reason: )(.*)", line)
        if opened or not reasons:
            reasons.append((opened[1] if opened else text).strip())
        else:
            reasons[-1] += ("; " if reasons[-1][-1:] not in ":;," else " ") + text
    return tuple(reasons)
