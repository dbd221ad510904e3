"""The split form: a backbone that takes one frame, and a head that takes what it gives for all frames of a clip.

This is how a video network runs online: a new frame costs one pass of the backbone. The cut goes through the finished
graph, quantized or not, so that one after the other the parts give what the whole gives, bit for bit.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from edgeconv.core.errors import ModelError
from edgeconv.tflite.graph import Graph, Op, Tensor
from edgeconv.tflite.in_place import guard_in_place
from edgeconv.tflite.spec import specs
from edgeconv.tflite.split.locality import for_one_frame, frames_axis

__all__ = ["FEATURES", "Parts", "split"]

FEATURES = "features"
"""Public name of what the backbone gives and the head takes."""


@dataclass(frozen=True)
class Parts:
    backbone: Graph
    """[1, ...frame] to features of one frame"""
    head: Graph
    """Features, frame after frame, to the outputs of the whole"""
    cut: str
    """The tensor of the whole that is cut."""
    frames: int


def split(graph: Graph) -> Parts:
    """Cut where the last work is done on frames one by one.

    Of all tensors that everything behind them hangs on alone, the smallest is taken behind the last weighted operator
    (convolution, dense layer) that all of them share.

    Args:
        graph: in frames fold, optimized, float or quantized, of one input [frames, H, W, C]; it stays as it is.

    Raises:
        ModelError: there is no such place; which operator mixes frames first.
    """
    if len(graph.inputs) != 1:
        raise _refusal(f"it has {len(graph.inputs)} inputs, and there is no order in which their frames come")
    source = graph.inputs[0]
    frames = graph.shape(source)[0]
    if frames == 1:
        raise _refusal("it takes one frame as it is")
    alone = {source: 0}
    mixing: list[Op] = []
    for op in graph.ops:
        axis = frames_axis(graph, op, alone)
        if axis is not None:
            alone[op.outputs[0]] = axis
        elif alone.keys() & set(op.inputs):
            mixing.append(op)
    cut = _best_cut(graph, alone)
    if cut is None:
        first = mixing[0] if mixing else None
        raise _refusal(
            f"{first.kind} '{first.outputs[0]}' looks at several frames before any weighted operator has looked at one"
            if first
            else "no operator looks at more than one frame"
        )
    return Parts(_backbone(graph, cut, alone), _head(graph, cut), cut, frames)


def _refusal(why: str) -> ModelError:
    return ModelError(
        "the network cannot be split into a backbone on one frame and a head on the clip",
        reasons=[why],
        hint="export it as a whole: leave --split out, or give --split none",
    )


def _best_cut(graph: Graph, alone: Mapping[str, int]) -> str | None:
    weighted = {kind for kind, spec in specs().items() if spec.weighted is not None}
    dtype = "float32" if graph.tensors[graph.inputs[0]].dtype == "float32" else "int8"
    best: tuple[int, float, str] | None = None
    work = 0
    for op in graph.ops:
        out = op.outputs[0]
        if out not in alone:
            continue
        work += op.kind in weighted
        if work and graph.tensors[out].dtype == dtype and _separates(graph, out):
            size = math.prod(graph.shape(out))
            if best is None or work > best[0] or size < best[1]:
                best = (work, size, out)
    return best[2] if best else None


def _separates(graph: Graph, name: str) -> bool:
    """Every output hangs on the inputs through this tensor alone."""
    reached = set(graph.inputs)
    for op in graph.ops:
        if name not in op.outputs and reached & set(op.inputs):
            reached |= set(op.outputs)
    return not reached & set(graph.outputs) and name not in graph.outputs


def _backbone(graph: Graph, cut: str, frames: Mapping[str, int]) -> Graph:
    source = graph.inputs[0]
    made = Graph(inputs=[source], outputs=[cut], ports={source: graph.ports[source], cut: FEATURES})
    made.add(_one(graph, source, frames[source]))
    for op in _pruned(graph, [cut]).ops:
        axis = frames[op.outputs[0]]
        one = for_one_frame(graph, op, axis, made)
        made.add(_one(graph, op.outputs[0], axis))
        made.ops.append(one)
    guard_in_place(made)
    return made


def _one(graph: Graph, name: str, axis: int) -> Tensor:
    tensor = graph.tensors[name]
    return replace(tensor, shape=tuple(1 if at == axis else size for at, size in enumerate(tensor.shape)))


def _head(graph: Graph, cut: str) -> Graph:
    before = {id(op) for op in _pruned(graph, [cut]).ops}
    made = Graph(
        tensors=dict(graph.tensors),
        ops=[op for op in graph.ops if id(op) not in before],
        inputs=[cut],
        outputs=list(graph.outputs),
        ports={cut: FEATURES, **{name: graph.ports[name] for name in graph.outputs}},
    )
    made.prune()
    guard_in_place(made)
    return made


def _pruned(graph: Graph, outputs: list[str]) -> Graph:
    made = replace(graph, ops=list(graph.ops), outputs=outputs)
    made.prune()
    return made
