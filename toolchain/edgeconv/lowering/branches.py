"""Control flow whose course is known: the branch of an If that is taken goes in its place."""

from __future__ import annotations

from dataclasses import dataclass

import onnx
from onnx import numpy_helper

from edgeconv.core.layout import Array
from edgeconv.lowering.graph import SourceNode, source_node


@dataclass(frozen=True)
class Branch:
    nodes: list[SourceNode]
    constants: dict[str, Array]


def chosen_branch(node: SourceNode, condition: bool) -> Branch:
    """Before: If(constant) { then } { else }. After: the nodes of one branch, and an Identity for each output.

    Exporters write such an If for a squeeze of an axis whose size they do not see. Names inside are unique by the ONNX
    specification.
    """
    body: onnx.GraphProto = node.attributes["then_branch" if condition else "else_branch"]
    ends = [
        SourceNode("Identity", [inner.name], [outer], {})
        for inner, outer in zip(body.output, node.outputs, strict=True)
    ]
    return Branch([*map(source_node, body.node), *ends], {t.name: numpy_helper.to_array(t) for t in body.initializer})
