"""ONNX files that contradict themselves, told before any operator is looked at."""

from __future__ import annotations

import re
from collections.abc import Iterator

import onnx

from edgeconv.core.errors import ModelError
from edgeconv.core.weightless import weightless

_HINT = "onnx.checker.check_model(model, full_check=True) tells more; export the model again"
_PLACE = re.compile(r"\(op_type: ?(\w+), node name: ?(.*?)\):")
_INNER = (onnx.AttributeProto.GRAPH, onnx.AttributeProto.GRAPHS)


def refuse_invalid(model: onnx.ModelProto, text: str) -> None:
    """Refuse what no runtime could run: broken wiring (every place is told), what breaks the rules of ONNX, operators
    that do not take the shapes they are given.

    Raises:
        ModelError: with every reason that is known.
    """
    bare = weightless(model)
    for node in bare.graph.node:  # what is told names it so
        node.name = node.name or next(iter(node.output), "")
    problems = [*_opset(model), *_wiring(model.graph)] or _rules(bare) or _shapes(bare)
    if problems:
        raise ModelError(f"'{text}' is not valid ONNX", reasons=problems, hint=_HINT)


def _opset(model: onnx.ModelProto) -> Iterator[str]:
    newest = onnx.defs.onnx_opset_version()
    for used in model.opset_import:
        if used.domain in ("", "ai.onnx") and not 1 <= used.version <= newest:
            yield f"it is of opset {used.version}, and onnx {onnx.__version__} knows 1 to {newest}"


def _wiring(graph: onnx.GraphProto) -> Iterator[str]:
    known = {"", *(i.name for i in graph.input), *(t.name for t in graph.initializer)}
    later = {o for node in graph.node for o in node.output}
    for node in graph.node:
        what = f"{node.op_type} '{node.output[0] if node.output else node.name}'"
        for name in dict.fromkeys(node.input):
            if name not in known:
                why = "is made only later (a cycle, or nodes out of order)" if name in later else "nothing makes"
                yield f"{what} reads '{name}', which {why}"
        for name in node.output:
            if name and name in known:
                yield f"{what} makes '{name}', which is there already"
            known.add(name)
    yield from (f"nothing makes the output '{o.name}'" for o in graph.output if o.name not in known)
    if not graph.output:
        yield "it has no output"


def _rules(bare: onnx.ModelProto) -> list[str]:
    try:
        onnx.checker.check_model(bare)
    except onnx.checker.ValidationError as error:
        return ["; ".join(" ".join(part.split()) for part in str(error).split("==> Context:"))]
    return []


def _shapes(bare: onnx.ModelProto) -> list[str]:
    """What shape inference finds, from the inputs alone: shapes that a file states may be out of date.

    A branch that is never taken may contradict itself, so that control flow is not judged.
    """
    if any(a.type in _INNER for n in bare.graph.node for a in n.attribute):
        return []
    del bare.graph.value_info[:]
    for output in bare.graph.output:
        output.type.tensor_type.ClearField("shape")
    try:
        onnx.shape_inference.infer_shapes(bare, check_type=True, strict_mode=True)
    except onnx.shape_inference.InferenceError as error:
        told = re.sub(r"\[\w+Error\] |Inference error\(s\): ", "", str(error))
        return [_PLACE.sub(r"\1 '\2':", line) for line in told.splitlines() if line]
    return []
