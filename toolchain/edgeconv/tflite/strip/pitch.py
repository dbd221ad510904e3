"""How many rows a frame gets, with a view to the operators ahead."""

from __future__ import annotations

import math
from collections import deque
from typing import TYPE_CHECKING

from edgeconv.tflite.strip.window import geometry

if TYPE_CHECKING:
    from edgeconv.tflite.strip.builder import Strip

TOLERANCE = 1.05
"""Rows that may be added so that strided layers ahead keep the gap: 224 becomes 232, and 116, 58, 29 follow."""

SPATIAL = ("CONV_2D", "DEPTHWISE_CONV_2D", "MAX_POOL_2D")
_PASSED = (
    "RESHAPE",
    "STRIDED_SLICE",
    "CONCATENATION",
    "PAD",
    "ADD",
    "SUB",
    "MUL",
    "LOGISTIC",
    "QUANTIZE",
    "HARD_SWISH",
)


def wanted_pitch(strip: Strip, name: str) -> int:
    """Rows per frame of [F, H, W, C]: what its spatial readers need and, as far as the tolerance goes, what those
    behind them need. Only the size of strips hangs on it, nothing of what they hold.
    """
    height = strip.shape(name)[1]
    wishes = _wishes(strip, name, height)
    unit, least = 1, height
    for now in (True, False):
        for multiple, rows in sorted((m, r) for m, r, needed in wishes if needed is now):
            longer, more = math.lcm(unit, multiple), max(least, rows)
            if now or more + -more % longer <= TOLERANCE * height:
                unit, least = longer, more
    return least + -least % unit


def _wishes(strip: Strip, name: str, height: int) -> set[tuple[int, int, bool]]:
    """(multiple, least rows, needed now) of every spatial operator that sees this tensor's gap, in its rows."""
    found: set[tuple[int, int, bool]] = set()
    seen = {name}
    ways = deque([(name, 1, height, True)])
    while ways:
        at, scale, rows, direct = ways.popleft()
        for op in strip.users.get(at, []):
            out, shape = op.outputs[0], strip.shape(at)
            if out in seen or (op.kind in SPATIAL and op.inputs[0] != at):
                continue
            step, near, left = 1, direct, rows
            if op.kind in SPATIAL:
                if len(shape) == 4 and shape[0] > 1 and shape[1] == rows:
                    seen_by = geometry(strip, op).height
                    step, left = seen_by.stride, seen_by.out
                    if seen_by.gap or step > 1:
                        found.add((scale * step, scale * (rows + seen_by.gap), direct))
                    near = False
                    if not strip.masks(out):
                        continue
                elif len(shape) != 4 or shape[0] != 1:
                    continue
            elif op.kind not in _PASSED:
                continue
            elif op.kind == "PAD" and len(shape) == 4 and shape[0] > 1 and strip.shape(out)[1] != shape[1]:
                for reader in strip.users.get(out, []):  # it is seen through
                    if reader.kind in SPATIAL:
                        seen_by = geometry(strip, reader).height
                        found.add((scale * seen_by.stride, scale * (rows + seen_by.gap), direct))
                        if strip.masks(reader.outputs[0]):
                            ways.append((reader.outputs[0], scale * seen_by.stride, seen_by.out, False))
                continue
            seen.add(out)
            ways.append((out, scale * step, left, near))
    return found
