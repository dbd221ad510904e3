"""Mixed precision: some tensors of an int8 file in int16 or float32, and borders around them.

int16 is TFLite's 16x8 scheme: symmetric int16 activations, int8 weights, int64 biases. An operator runs in the highest
precision that one of its tensors has; where another operator works in another one, a QUANTIZE or DEQUANTIZE stands
between. The ends of the network stay int8, so a recipe changes nothing for whoever feeds the file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import Literal

from edgeconv.core.errors import UsageError, did_you_mean
from edgeconv.tflite.graph import Graph, Op
from edgeconv.tflite.scales import Range, computed_floats, scale_groups
from edgeconv.tflite.spec import specs

Wide = Literal["int16", "float32"]
_ORDER = ("int8", "int16", "float32")


@dataclass
class Mixed:
    """A copy of a float graph in which every computed tensor has one precision."""

    graph: Graph
    ranges: dict[str, Range]
    """Of all its tensors."""
    precision: dict[str, str] = field(default_factory=dict)
    """Of computed tensors; int8 where none is given."""
    twin_of: dict[str, str] = field(default_factory=dict)
    """By tensor that a border made: the tensor with the same values."""

    def of(self, op: Op) -> str:
        """The precision that an operator works in: of its result, or of what it compares."""
        result = op.outputs[0]
        judged = op.outputs if self.graph.tensors[result].dtype == "float32" else op.inputs
        return max((self.precision.get(name, "int8") for name in judged), key=_ORDER.index)


def named_tensors(graph: Graph, patterns: Mapping[Wide, tuple[str, ...]]) -> dict[str, Wide]:
    """The computed tensors that the patterns ('*' and '?' stand for any text) name; float32 where both do.

    Raises:
        UsageError: a pattern names none.
    """
    live = computed_floats(graph)
    found: dict[str, Wide] = {}
    reasons = []
    for precision, texts in sorted(patterns.items(), reverse=True):
        for text in texts:
            matching = [name for name in live if fnmatchcase(name, text)]
            if not matching:
                reasons.append(f"{precision} '{text}': {did_you_mean(text, live)}".rstrip(": "))
            found |= dict.fromkeys(matching, precision)
    if reasons:
        raise UsageError(
            "the recipe names tensors that the network does not have",
            reasons=reasons,
            hint="the table of drift in the report lists all tensors by name",
        )
    return found


def with_its_scale(graph: Graph, wanted: Mapping[str, Wide]) -> dict[str, Wide]:
    """The same with all tensors that hold the very values of a wanted one: operators that only move values (RESHAPE,
    CONCATENATION) have one precision."""
    groups = scale_groups(graph)
    highest: dict[str, Wide] = {}
    for name, precision in wanted.items():
        root = groups[name]
        highest[root] = max(precision, highest.get(root, precision), key=_ORDER.index)
    return {name: highest[root] for name, root in groups.items() if root in highest}


def same_scale(graph: Graph, name: str) -> set[str]:
    """The computed tensors that share their scale, and so their precision, with this one."""
    groups = scale_groups(graph)
    return {other for other, root in groups.items() if root == groups[name]}


def has_kernels(graph: Graph, name: str, precision: Wide) -> bool:
    """Whether all operators that this tensor draws into a precision have a kernel there."""
    return not without_kernel(separate(graph, {}, {name: precision}))


def separate(
    graph: Graph, ranges: Mapping[str, Range], wanted: Mapping[str, Wide], seen: Mapping[str, Range] | None = None
) -> Mixed:
    """Before: x -> op -> y with y wanted in int16. After: x -> QUANTIZE -> x/int16 -> op -> y, and behind y a
    QUANTIZE to y/int8 for whoever works in int8. The graph is still float32; what each tensor becomes is noted.

    An end of the network keeps its precision, and its operator writes into a twin. Without wanted tensors: a copy.

    Args:
        ranges: over which int8 tensors are quantized.
        seen: smallest and largest value of every tensor, which int16 holds without clipping; without it: `ranges`.
    """
    made = Mixed(Graph(dict(graph.tensors), [], list(graph.inputs), list(graph.outputs), dict(graph.ports)), {**ranges})
    wide = with_its_scale(graph, wanted)
    ends = {*graph.inputs, *graph.outputs}
    made.precision |= {name: precision for name, precision in wide.items() if name not in ends}
    seen = seen or ranges
    floats = set(computed_floats(graph))
    for op in graph.ops:
        tensors = [n for n in (*op.inputs, *op.outputs) if n in floats]
        working = max((wide.get(n, "int8") for n in tensors), key=_ORDER.index, default="int8")
        inputs = tuple(_in(made, n, working, seen) if n in floats else n for n in op.inputs)
        result = op.outputs[0]
        kept = made.precision.get(result, "int8")
        if result not in floats or kept == working:
            made.graph.ops.append(replace(op, inputs=inputs))
            continue
        twin = _twin(made, result, working, seen)
        made.graph.ops.append(replace(op, inputs=inputs, outputs=(twin,)))
        _convert(made, twin, result, seen)
    made.ranges |= {name: seen[name] for name in wide if name in made.precision and name in seen}
    return made


def _in(made: Mixed, name: str, precision: str, seen: Mapping[str, Range]) -> str:
    """The tensor in this precision, converted where it is first read so."""
    if made.precision.get(name, "int8") == precision:
        return name
    twin = f"{name}/{precision}"
    if twin not in made.graph.tensors:
        _convert(made, name, _twin(made, name, precision, seen), seen)
    return twin


def _twin(made: Mixed, name: str, precision: str, seen: Mapping[str, Range]) -> str:
    twin = made.graph.add(replace(made.graph.tensors[name], name=f"{name}/{precision}"))
    made.precision[twin] = precision
    made.twin_of[twin] = name
    bounds = made.ranges if precision == "int8" else seen
    if name in bounds:
        made.ranges[twin] = bounds[name]
    return twin


def _convert(made: Mixed, source: str, result: str, seen: Mapping[str, Range]) -> None:
    """QUANTIZE of tflite-runtime 2.14 has no int8 to int16: that goes by way of float32."""
    before, after = (made.precision.get(name, "int8") for name in (source, result))
    if (before, after) == ("int8", "int16"):
        source = _in(made, source, "float32", seen)
    made.graph.ops.append(Op("DEQUANTIZE" if after == "float32" else "QUANTIZE", (source,), (result,)))


def wide_tensors(graph: Graph) -> dict[str, str]:
    """The precision of every computed tensor of a quantized graph that is in more than 8 bits."""
    return {n: t.dtype for n, t in graph.tensors.items() if t.data is None and t.dtype in ("int16", "float32")}


def without_kernel(mixed: Mixed) -> list[str]:
    """The operators that no kernel runs in the precision they got, each as a reason."""
    table = specs()
    return [
        f"{op.kind} '{op.outputs[0]}' has no int16 kernel in TFLite"
        for op in mixed.graph.ops
        if mixed.of(op) == "int16" and not table[op.kind].int16
    ]
