"""A graph whose inner values can be had: ONNX Runtime without optimizations, so that each node runs as written."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import onnx
import onnxruntime

from edgeconv.core.layout import Array
from edgeconv.core.onnx_file import save_onnx


class Exposed:
    """Runs an ONNX file and returns any of its values; only those asked for are held in memory, and no weights."""

    def __init__(self, path: Path, threads: int) -> None:
        self.threads = threads
        self._scratch = tempfile.TemporaryDirectory(prefix=".exposed-", dir=path.parent)
        self.folder = Path(self._scratch.name)
        """Where the large weights lie."""
        self._file = self.folder / "graph.onnx"
        save_onnx(onnx.load(path), self._file, limit=0)
        self.model = onnx.load(self._file, load_external_data=False)
        weights = {t.name for t in self.model.graph.initializer}
        self.inputs = {i.name: i for i in self.model.graph.input if i.name not in weights}
        self.nodes = list(self.model.graph.node)
        self.producers = {o: node for node in self.nodes for o in node.output if o}
        self.place = {o: i for i, node in enumerate(self.nodes) for o in node.output if o}
        self._outputs = {o.name: o for o in self.model.graph.output}

    def dtype(self, name: str) -> str:
        """Of an input."""
        kind = self.inputs[name].type.tensor_type.elem_type
        return str(onnx.helper.tensor_dtype_to_np_dtype(kind).name)

    def before(self, name: str, most: int) -> list[str]:
        """The operators before that which makes a value, nearest first, along their first inputs."""
        told: list[str] = []
        node = self.producers.get(name)
        while node is not None and len(told) < most:
            node = next((self.producers[r] for r in reads(node) if r in self.producers), None)
            if node is not None:
                told.append(f"{node.op_type} '{node.output[0]}'")
        return told

    def session(self, names: Iterable[str]) -> Session:
        """Values by name: outputs of nodes, or inputs of the graph."""
        wanted = list(dict.fromkeys(names))
        exposed = [n for n in wanted if n not in self.inputs]
        del self.model.graph.output[:], self.model.graph.node[:]
        self.model.graph.output.extend(self._outputs.get(n, onnx.ValueInfoProto(name=n)) for n in exposed)
        if not exposed:
            return Session(None, wanted, [])
        self.model.graph.node.extend(self.nodes[: 1 + max(self.place[n] for n in exposed)])  # none runs for nothing
        self._file.write_bytes(self.model.SerializeToString())
        return Session(open_session(self._file, self.threads), wanted, exposed)


class Session:
    def __init__(self, session: Any, wanted: list[str], exposed: list[str]) -> None:
        self._session, self._wanted, self._exposed = session, wanted, exposed

    def run(self, feeds: Mapping[str, Array]) -> dict[str, Array]:
        made: dict[str, Array] = {}
        if self._session is not None:
            fed = {i.name: feeds[i.name] for i in self._session.get_inputs()}
            made = dict(zip(self._exposed, self._session.run(self._exposed, fed), strict=True))
        return {n: made[n] if n in made else feeds[n] for n in self._wanted}


def reads(node: onnx.NodeProto) -> list[str]:
    """What a node needs, also by way of the graphs inside it."""
    names = [i for i in node.input if i]
    for graph in (a.g for a in node.attribute if a.type == onnx.AttributeProto.GRAPH):
        made = {o for inner in graph.node for o in inner.output} | {t.name for t in graph.initializer}
        names += [r for inner in graph.node for r in reads(inner) if r not in made]
        names += [o.name for o in graph.output if o.name not in made]
    return list(dict.fromkeys(names))


def open_session(model: Path | bytes, threads: int) -> Any:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 4
    options.enable_cpu_mem_arena = False  # it keeps what it once had, and each session has its own
    options.add_session_config_entry("session.disable_prepacking", "1")  # weights once, not twice
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    given = model if isinstance(model, bytes) else str(model)
    return onnxruntime.InferenceSession(given, options, providers=["CPUExecutionProvider"])
