"""The axis order of an ONNX input: as its first convolution sees it, else by where its colour channels stand."""

from __future__ import annotations

from collections.abc import Mapping

import onnx

BY_CHANNELS = {1: "NCTHW", 2: "NTCHW", 4: "NTHWC"}
"""Axis orders of clips by the axis that holds the channels."""
_KEEPS_AXES = ("Identity", "Cast", "Add", "Sub", "Mul", "Div", "Pad", "Clip", "BatchNormalization")
"""Operators that stand between an input and its first convolution without moving an axis."""


def guess_layout(graph: onnx.GraphProto, name: str, shape: tuple[int, ...]) -> tuple[str, str]:
    """(layout, note) of an input; ('', '') where nothing tells it.

    A convolution takes N, C, then T, H, W; transposes between the input and it are followed back. Only a guess by
    anything else than three colour channels is worth a note.
    """
    if len(shape) != 5:
        return "", ""
    seen = _by_convolution(graph, name)
    if seen:
        channels = shape[seen.index("C")]
        told = f"the axes of input '{name}' {list(shape)} were taken as {seen}, as its first convolution reads them"
        return seen, "" if channels == 3 else told
    for channels in (3, 1):
        fitting = [axis for axis in BY_CHANNELS if shape[axis] == channels]
        if len(fitting) == 1:
            return BY_CHANNELS[fitting[0]], ""
        if fitting:
            break
    return "", ""


def _by_convolution(graph: onnx.GraphProto, name: str) -> str:
    """The order of the axes as named by the first rank-5 convolution that the input reaches without a reshape."""
    ranks = {t.name: len(t.dims) for t in graph.initializer}
    orders: dict[str, tuple[int, ...]] = {name: (0, 1, 2, 3, 4)}  # per tensor: which input axis each axis is
    for node in graph.node:
        source = next((i for i in node.input if i in orders), None)
        if source is None:
            continue
        order = orders[source]
        if node.op_type in ("Conv", "ConvTranspose") and node.input[0] == source:
            if ranks.get(node.input[1], 5) != 5:
                continue
            at = dict(zip(order, "NCTHW", strict=True))
            return "".join(at[axis] for axis in range(5))
        if node.op_type == "Transpose":
            perm = _attribute(node).get("perm", range(len(order))[::-1])
            orders[node.output[0]] = tuple(order[p] for p in perm)
        elif node.op_type in _KEEPS_AXES:
            orders[node.output[0]] = order
    return ""


def _attribute(node: onnx.NodeProto) -> Mapping[str, list[int]]:
    return {a.name: list(a.ints) for a in node.attribute if a.ints}
