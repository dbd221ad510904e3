"""The split form: a backbone that takes one frame, and a head that takes what it gives for all frames of a clip.

This is how a video network runs online: a new frame costs one pass of the backbone. The cut goes through the finished
graph, quantized or not, so that one after the other the parts give what the whole gives, bit for bit.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from edgeconv.core.errors import ModelError
from edgeconv.tflite.graph import Graph, Op
from edgeconv.tflite.in_place import guard_in_place
from edgeconv.tflite.spec import specs
from edgeconv.tflite.split.locality import for_one_frame, treats_frames_alone

__all__ = ["FEATURES", "Parts", "split"]

FEATURES = "features"
"""Public name of what the backbone gives and the head takes."""


@dataclass(frozen=True)
class Parts:
    backbone: Graph
    """[1, ...frame] to [1, ...features]"""
    head: Graph
    """[frames, ...features] to the outputs of the whole"""
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
    alone = {source}
    mixing: list[Op] = []
    for op in graph.ops:
        if treats_frames_alone(graph, op, alone):
            alone |= set(op.outputs)
        elif alone & set(op.inputs):
            mixing.append(op)
    cut = _best_cut(graph, alone)
    if cut is None:
        first = mixing[0] if mixing else None
        raise _refusal(
            f"{first.kind} '{first.outputs[0]}' looks at several frames before any weighted operator has looked at one"
            if first
            else "no operator looks at more than one frame"
        )
    return Parts(_backbone(graph, cut), _head(graph, cut), cut, frames)


def _refusal(why: str) -> ModelError:
    return ModelError(
        "the network cannot be split into a backbone on one frame and a head on the clip",
        reasons=[why],
        hint="export it as a whole: leave --split out, or give --split none",
    )


def _best_cut(graph: Graph, alone: set[str]) -> str | None:
    weighted = {kind for kind, spec in specs().items() if spec.weighted is not None}
    best: tuple[int, float, str] | None = None
    work = 0
    for op in graph.ops:
        out = op.outputs[0]
        if out not in alone:
            continue
        work += op.kind in weighted
        if work and _separates(graph, out):
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


def _backbone(graph: Graph, cut: str) -> Graph:
    made = Graph(inputs=list(graph.inputs), outputs=[cut], ports={graph.inputs[0]: graph.ports[graph.inputs[0]]})
    made.ports[cut] = FEATURES
    whole = _pruned(graph, [cut])
    for name in graph.inputs:
        made.add(replace(graph.tensors[name], shape=(1, *graph.shape(name)[1:])))
    for op in whole.ops:
        one = for_one_frame(graph, op, made)
        for out in op.outputs:
            made.add(replace(graph.tensors[out], shape=(1, *graph.shape(out)[1:])))
        made.ops.append(one)
    guard_in_place(made)
    return made


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
