"""One layer of the source alone: the operators between it and the values before it that both graphs have."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

import onnx

from edgeconv.core.layout import Array
from edgeconv.layerwise.exposed import Exposed, reads
from edgeconv.lowering import Counterpart


class Segments:
    """Cuts the source at the values that have a counterpart."""

    def __init__(self, original: Exposed, known: Mapping[str, Counterpart]) -> None:
        self._original, self._known = original, known

    @cached_property
    def inputs(self) -> dict[str, tuple[Counterpart, ...]]:
        """By value: the counterparts that its operators hang on."""
        return {name: tuple(self._known[i] for i in self._cut(name)[1] if i in self._known) for name in self._known}

    def told(self, name: str) -> str:
        """The operators from the first to that which makes the value."""
        nodes = [n for n in self._cut(name)[0] if n.op_type not in ("Constant", "Shape")]
        return " → ".join(n.op_type for n in nodes)

    def run(self, name: str, feeds: Mapping[str, Array]) -> Array | None:
        """The value from what is before it; None where ONNX Runtime cannot run these operators by themselves."""
        nodes, cut = self._cut(name)
        given = {i: feeds[i] for i in cut}
        try:
            return self._original.session(nodes, given, [name]).run(given)[name]
        except Exception:  # noqa: BLE001 - whatever the runtime has against them, the layer counts as not acquitted
            return None

    def _cut(self, name: str) -> tuple[list[onnx.NodeProto], list[str]]:
        """Operators in topological order, and the values that they hang on."""
        places: set[int] = set()
        inputs: dict[str, None] = {}
        todo = [name]
        seen = {name}
        while todo:
            place = self._original.place[todo.pop()]
            if place in places:
                continue
            places.add(place)
            for read in reads(self._original.nodes[place]):
                if read in seen or self._original.is_weight(read):
                    continue
                seen.add(read)
                if read in self._known or read in self._original.inputs:
                    inputs[read] = None
                else:
                    todo.append(read)
        return [self._original.nodes[place] for place in sorted(places)], list(inputs)
