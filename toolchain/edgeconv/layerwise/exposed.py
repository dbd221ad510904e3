"""A graph whose inner values can be had: ONNX Runtime without optimizations, so that each node runs as written."""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import onnx
import onnxruntime

from edgeconv.core.layout import Array
from edgeconv.core.onnx_file import save_onnx

Feeds = Mapping[str, Array]


class Exposed:
    """An ONNX file, of which any run of nodes can be executed by itself; the weights stay on disk until then."""

    def __init__(self, path: Path, threads: int) -> None:
        self._threads = threads
        self._scratch = tempfile.TemporaryDirectory(prefix=".exposed-", dir=path.parent)
        self._file = Path(self._scratch.name) / "graph.onnx"
        save_onnx(onnx.load(path), self._file, limit=0)
        self._model = onnx.load(self._file, load_external_data=False)
        self._weights = {t.name: t for t in self._model.graph.initializer}
        self.inputs = {i.name: i for i in self._model.graph.input if i.name not in self._weights}
        self.nodes = list(self._model.graph.node)
        self.place = {o: i for i, node in enumerate(self.nodes) for o in node.output if o}
        """Index of the node that makes a value."""

    def dtype(self, name: str) -> str:
        """Of an input."""
        kind = self.inputs[name].type.tensor_type.elem_type
        return str(onnx.helper.tensor_dtype_to_np_dtype(kind).name)

    def holds(self, name: str) -> bool:
        """Whether a value of this name can be had."""
        return name in self.place or name in self.inputs

    def is_weight(self, name: str) -> bool:
        return name in self._weights

    def before(self, name: str, most: int) -> list[str]:
        """The operators before that which makes a value, nearest first, along their first inputs."""
        told: list[str] = []
        at = self.place.get(name)
        while at is not None and len(told) < most:
            at = next((self.place[r] for r in reads(self.nodes[at]) if r in self.place), None)
            if at is not None:
                told.append(f"{self.nodes[at].op_type} '{self.nodes[at].output[0]}'")
        return told

    def session(self, nodes: Sequence[onnx.NodeProto], given: Feeds, outputs: Sequence[str]) -> Session:
        """Some nodes by themselves.

        Args:
            nodes: in topological order.
            given: an example of every value that they hang on; shapes and types are taken from it.
            outputs: of these nodes.

        Raises:
            Exception: whatever ONNX Runtime has against them.
        """
        helper = onnx.helper
        needed = list(dict.fromkeys(r for n in nodes for r in reads(n)))
        fed = [n for n in needed if n in given]
        ends = [helper.make_tensor_value_info(n, helper.np_dtype_to_tensor_dtype(given[n].dtype), given[n].shape)
                for n in fed]  # fmt: skip
        weights = [self._weights[n] for n in needed if n in self._weights and n not in given]
        graph = helper.make_graph(nodes, "part", ends, [onnx.ValueInfoProto(name=o) for o in outputs], weights)
        made = helper.make_model(graph, opset_imports=self._model.opset_import, functions=self._model.functions)
        made.ir_version = self._model.ir_version
        self._file.write_bytes(made.SerializeToString())
        return Session(_open(self._file, self._threads), fed, list(outputs))

    def relay(self, stages: Sequence[Collection[str]], samples: Sequence[Feeds]) -> Iterator[list[dict[str, Array]]]:
        """Run the graph once per sample, in as many parts as there are stages.

        After each part its values are handed out, one dictionary per sample; only what a later part reads, or a later
        stage wants, is kept.
        """
        last_read = {r: i for i, node in enumerate(self.nodes) for r in reads(node)}
        last_wanted = {n: i for i, names in enumerate(stages) for n in names}
        live = [dict(s) for s in samples]
        start = 0
        for number, wanted in enumerate(stages):
            stop = max([start, *(1 + self.place[n] for n in wanted if n in self.place)])
            nodes = self.nodes[start:stop]

            def kept(name: str, stop: int = stop, number: int = number) -> bool:
                return last_read.get(name, -1) >= stop or last_wanted.get(name, -1) > number

            outputs = [o for node in nodes for o in node.output if o and (kept(o) or o in wanted)]
            session = self.session(nodes, live[0], outputs) if outputs else None
            for values in live:
                values.update(session.run(values) if session else {})
            yield [{n: values[n] for n in wanted} for values in live]
            live = [{n: a for n, a in values.items() if kept(n)} for values in live]
            start = stop


class Session:
    """Nodes ready to run."""

    def __init__(self, session: Any, inputs: list[str], outputs: list[str]) -> None:
        self._session, self._inputs, self._outputs = session, inputs, outputs

    def run(self, feeds: Feeds) -> dict[str, Array]:
        made = self._session.run(self._outputs, {n: feeds[n] for n in self._inputs})
        return dict(zip(self._outputs, made, strict=True))


def reads(node: onnx.NodeProto) -> list[str]:
    """What a node needs, also by way of the graphs inside it."""
    names = [i for i in node.input if i]
    for graph in (a.g for a in node.attribute if a.type == onnx.AttributeProto.GRAPH):
        made = {o for inner in graph.node for o in inner.output} | {t.name for t in graph.initializer}
        names += [r for inner in graph.node for r in reads(inner) if r not in made]
        names += [o.name for o in graph.output if o.name not in made]
    return list(dict.fromkeys(names))


def _open(model: Path, threads: int) -> Any:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 4
    options.enable_cpu_mem_arena = False  # it keeps what it once had, and each session has its own
    options.add_session_config_entry("session.disable_prepacking", "1")  # weights once, not twice
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    return onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
