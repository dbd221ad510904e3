"""One layer of the source alone: the operators between it and the values before it that both graphs have."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

import onnx
from onnx.external_data_helper import load_external_data_for_tensor, uses_external_data

from edgeconv.core.layout import Array
from edgeconv.layerwise.exposed import Exposed, open_session, reads
from edgeconv.lowering import Counterpart


class Segments:
    """Cuts the source at the values that have a counterpart."""

    def __init__(self, original: Exposed, known: Mapping[str, Counterpart]) -> None:
        self._original, self._known = original, known
        self._weights = {t.name: t for t in original.model.graph.initializer}

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
        try:
            session = open_session(self._model(nodes, {i: feeds[i] for i in cut}, name), self._original.threads)
            (value,) = session.run([name], {i.name: feeds[i.name] for i in session.get_inputs()})
        except Exception:  # noqa: BLE001 - whatever the runtime has against them, the layer counts as not acquitted
            return None
        made: Array = value
        return made

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
                if read in seen or read in self._weights:
                    continue
                seen.add(read)
                if read in self._known or read in self._original.inputs:
                    inputs[read] = None
                else:
                    todo.append(read)
        return [self._original.nodes[place] for place in sorted(places)], list(inputs)

    def _model(self, nodes: list[onnx.NodeProto], feeds: Mapping[str, Array], name: str) -> bytes:
        helper, source = onnx.helper, self._original.model
        weights = [self._loaded(w) for w in dict.fromkeys(r for n in nodes for r in reads(n)) if w in self._weights]
        ends = [helper.make_tensor_value_info(i, helper.np_dtype_to_tensor_dtype(a.dtype), a.shape)
                for i, a in feeds.items()]  # fmt: skip
        graph = helper.make_graph(nodes, "segment", ends, [onnx.ValueInfoProto(name=name)], weights)
        made = helper.make_model(graph, opset_imports=source.opset_import, functions=source.functions)
        made.ir_version = source.ir_version
        return bytes(made.SerializeToString())

    def _loaded(self, name: str) -> onnx.TensorProto:
        tensor = self._weights[name]
        if uses_external_data(tensor):
            copy = onnx.TensorProto()
            copy.CopyFrom(tensor)
            load_external_data_for_tensor(copy, str(self._original.folder))
            return copy
        return tensor
