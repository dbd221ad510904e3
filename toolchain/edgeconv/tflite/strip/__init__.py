"""The strip fold: a frames graph in a form of batch 1, for devices that take no other.

All frames of a clip become one tall image, with rows of zeros between them that serve as pads. Every operator has a
rule (``rules/``); what a tensor is there as (without gaps, with clean or used ones) is in ``forms``. A frames graph in
int8 becomes strips in int8 with the same results bit for bit: the pass comes after quantization, not before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from edgeconv.core.errors import ModelError, Refusal, Refused
from edgeconv.tflite.graph import Graph, Op
from edgeconv.tflite.in_place import guard_in_place
from edgeconv.tflite.strip.builder import Strip
from edgeconv.tflite.strip.choosing import cheapest
from edgeconv.tflite.strip.forms import Choice, Form, Rezero, fits, pixels
from edgeconv.tflite.strip.pitch import SPATIAL
from edgeconv.tflite.strip.registry import all_rules

__all__ = ["Form", "Rezero", "Stripped", "to_strip"]


@dataclass(frozen=True)
class Stripped:
    graph: Graph
    inputs: Mapping[str, Form]
    """How each input lies, by public name."""


def to_strip(graph: Graph, rezero: Rezero = Rezero.CUT, tails: Mapping[str, int] | None = None) -> Stripped:
    """The same function with prod(shape[:-3]) == 1 in every tensor.

    Args:
        graph: in frames fold, optimized, float or quantized; it stays as it is.
        rezero: how gaps are cleared.
        tails: elements behind each frame of the inputs, by public name, where another file has them so already.

    Raises:
        ModelError: operators that have no strip form; all are listed.
    """
    shapes = [graph.shape(name) for op in graph.ops if op.kind in SPATIAL for name in (op.inputs[0], op.outputs[0])]
    sizes = sorted({pixels(shape) for shape in shapes}, reverse=True)
    if rezero is Rezero.AUTO:
        return cheapest(lambda choice: _folded(graph, choice, tails or {}), lambda made: made.graph, sizes)
    return _folded(graph, dict.fromkeys(sizes, rezero), tails or {})


def _folded(graph: Graph, choice: Choice, tails: Mapping[str, int]) -> Stripped:
    strip = Strip(graph, choice)
    inputs = {graph.ports[name]: strip.enter(name, tails.get(graph.ports[name])) for name in graph.inputs}
    refusals = []
    refused: set[str] = set()
    for op in graph.ops:
        if refused & set(op.inputs):
            refused |= set(op.outputs)
            continue
        try:
            all_rules().get(op.kind, _as_it_is)(strip, op)
        except Refused as reason:
            shapes = tuple(graph.shape(i) for i in op.inputs if i and graph.tensors[i].data is None)
            refusals.append(Refusal(op.kind, op.outputs[0], reason.reason, reason.remedy, shapes))
            refused |= set(op.outputs)
    if refusals:
        raise ModelError(
            f"{len(refusals)} operator(s) of the model have no strip form (batch 1)",
            reasons=[str(r) for r in refusals],
            hint="export with --fold frames if the device takes batches",
        )
    for name in graph.outputs:
        strip.leave(name)
    strip.graph.prune()
    guard_in_place(strip.graph)
    return Stripped(strip.graph, inputs)


def _as_it_is(strip: Strip, op: Op) -> None:
    """An operator that reads and writes batch 1 already."""
    computed = [n for n in (*op.inputs, *op.outputs) if n and strip.data(n) is None]
    if not all(fits(strip.shape(n)) for n in computed):
        raise Refused("it works on several images at once", "leave it out, or export with --fold frames")
    inputs = [strip.view(strip.plain(n).tensor, strip.shape(n)) if n in computed else strip.kept(n) for n in op.inputs]
    out = op.outputs[0]
    strip.made(out, Form(strip.emit(op.kind, inputs, strip.shape(out), out, out, **op.options)))
