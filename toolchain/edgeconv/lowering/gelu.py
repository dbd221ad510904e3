"""GELU out of the pieces that exporters write before opset 20."""

from __future__ import annotations

import math
from dataclasses import dataclass

from edgeconv.lowering.graph import SourceGraph, SourceNode

_CLOSE = 1e-5
"""Relative: exporters write the constants in float32."""


def merge_gelus(graph: SourceGraph) -> int:
    """Before: x, 1/2 and 1 + Erf(x / sqrt 2), multiplied in any order. After: one Gelu(x).

    Needs: nothing else reads what lies between. A format without Erf then has one operator in place of twenty, and
    one with an int8 kernel. Returns the number of merged functions.
    """
    return sum(_merged(graph, node) for node in list(graph.nodes) if node.op == "Erf")


def _merged(graph: SourceGraph, erf: SourceNode) -> bool:
    readers, makers = graph.users(), graph.producers()
    scaling = makers.get(erf.inputs[0])
    x, factor = _scaled(graph, scaling)
    if scaling is None or x is None or not math.isclose(factor, math.sqrt(0.5), rel_tol=_CLOSE):
        return False
    product = _Product(graph, {id(scaling), id(erf)})
    at = product.only_reader(readers, erf)
    if at is None or at.op != "Add" or not math.isclose(_constant(graph, at), 1.0, rel_tol=_CLOSE):
        return False
    while (following := product.only_reader(readers, at)) is not None and following.op == "Mul":
        if not product.take(makers, readers, x, next(i for i in following.inputs if i != at.outputs[0])):
            return False
        at = following
        if product.complete:
            break
    if not product.complete or len(readers[scaling.outputs[0]]) > 1 or scaling.outputs[0] in graph.outputs:
        return False
    where = graph.nodes.index(at)
    graph.nodes[where] = SourceNode("Gelu", [x], list(at.outputs), {}, at.domain)
    graph.nodes = [n for n in graph.nodes if id(n) not in product.nodes]
    return True


@dataclass
class _Product:
    graph: SourceGraph
    nodes: set[int]
    """What the function replaces."""
    factor: float = 1.0
    has_x: bool = False

    @property
    def complete(self) -> bool:
        return self.has_x and math.isclose(self.factor, 0.5, rel_tol=_CLOSE)

    def only_reader(self, readers: dict[str, list[SourceNode]], node: SourceNode) -> SourceNode | None:
        """The node that alone reads this one; it will go."""
        found = readers.get(node.outputs[0], [])
        if len(found) != 1 or node.outputs[0] in self.graph.outputs:
            return None
        self.nodes.add(id(node))
        return found[0]

    def take(self, makers: dict[str, SourceNode], readers: dict[str, list[SourceNode]], x: str, operand: str) -> bool:
        """One more factor: x, a number, or a number times x."""
        data = self.graph.constants.get(operand)
        if data is not None and data.size == 1:
            self.factor *= float(data.reshape(-1)[0])
            return True
        if operand != x:
            half = makers.get(operand)
            source, factor = _scaled(self.graph, half)
            if half is None or source != x or len(readers.get(operand, [])) != 1 or operand in self.graph.outputs:
                return False
            self.nodes.add(id(half))
            self.factor *= factor
        taken, self.has_x = self.has_x, True
        return not taken


def _scaled(graph: SourceGraph, node: SourceNode | None) -> tuple[str | None, float]:
    """(x, factor) of a product with, or a quotient by, one constant number."""
    if node is None or node.op not in ("Mul", "Div"):
        return None, 1.0
    number = _constant(graph, node)
    rest = [i for i in node.inputs if i not in graph.constants]
    if math.isnan(number) or len(rest) != 1 or (node.op == "Div" and (node.inputs[0] != rest[0] or number == 0)):
        return None, 1.0
    return rest[0], 1 / number if node.op == "Div" else number


def _constant(graph: SourceGraph, node: SourceNode) -> float:
    """The only constant operand, if it is a single number."""
    found = [graph.constants[i] for i in node.inputs if i in graph.constants]
    return float(found[0].reshape(-1)[0]) if len(found) == 1 and found[0].size == 1 else math.nan
