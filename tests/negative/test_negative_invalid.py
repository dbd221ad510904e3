"""ONNX that contradicts itself: every broken place is told, before any operator is looked at."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import onnx
from negative_case import Case, Negatives, cases, exporting, lowering
from negative_models import CLIP, KERNEL, graph, ints, node, ones, spoiled, stem

INVALID = "'net.onnx' is not valid ONNX"


def invalid(name: str, make: Callable[[], onnx.ModelProto], *says: str, reasons: int | None = 1) -> Case:
    return Case(name, lowering(make), 3, (INVALID, *says), reasons)


def of(
    *nodes: onnx.NodeProto, outputs: tuple[str, ...] = ("y",), **weights: np.ndarray
) -> Callable[[], onnx.ModelProto]:
    return lambda: graph(nodes, {"clip": CLIP}, outputs, {**KERNEL, **weights})


def set_opset(version: int) -> Callable[[], onnx.ModelProto]:
    return lambda: graph([stem("y")], {"clip": CLIP}, ["y"], KERNEL, opset=version)


def poison(value: float) -> Callable[[], onnx.ModelProto]:
    def make() -> onnx.ModelProto:
        weight, bias = ones(8, 3, 3, 3, 3), ones(8)
        weight[1, 2, 0, 1, 2], bias[3] = value, value
        conv = node("Conv", ["clip", "kernel", "bias"], ["y"])
        return graph([conv], {"clip": CLIP}, ["y"], {"kernel": weight, "bias": bias})

    return make


WIRING = [
    invalid(
        "missing inputs",
        of(node("Add", ["clip", "ghost"], ["a"]), node("Mul", ["a", "spook"], ["y"])),
        "Add 'a' reads 'ghost', which nothing makes",
        "Mul 'y' reads 'spook', which nothing makes",
        reasons=2,
    ),
    invalid(
        "a cycle",
        of(node("Add", ["clip", "b"], ["a"]), node("Relu", ["a"], ["b"]), stem("y")),
        "Add 'a' reads 'b', which is made only later (a cycle",
    ),
    invalid(
        "duplicate names",
        of(node("Relu", ["clip"], ["y"]), node("Abs", ["clip"], ["y"]), node("Neg", ["y"], ["clip"])),
        "Abs 'y' makes 'y', which is there already",
        "Neg 'clip' makes 'clip', which is there already",
        reasons=2,
    ),
    invalid("lost outputs", of(stem(), outputs=("stem", "y", "z")), "nothing makes the output 'y'", "'z'", reasons=2),
    invalid("no output", of(stem(), outputs=()), "it has no output"),
    invalid(
        "all of it",
        of(node("Add", ["clip", "ghost"], ["a"]), node("Relu", ["clip"], ["a"]), outputs=("a", "y")),
        "reads 'ghost'", "'a', which is there already", "nothing makes the output 'y'",
        reasons=3,
    ),
]  # fmt: skip


@cases(*WIRING)
def test_wiring(case: Case, negatives: Negatives) -> None:
    negatives.check(case)


@cases(
    invalid("a wrong type of attribute", of(node("Conv", ["clip", "kernel"], ["y"], pads="same")), "pads", "Conv"),
    invalid("an unknown attribute", of(node("Conv", ["clip", "kernel"], ["y"], paddings=[1] * 6)), "paddings", "Conv"),
    invalid("negative pads", of(node("Conv", ["clip", "kernel"], ["y"], pads=[-1] * 6)), "Conv 'y'", "negative"),
    invalid("pads of another rank", of(node("Conv", ["clip", "kernel"], ["y"], pads=[1] * 4)), "Conv 'y'"),
    invalid("strides of another rank", of(node("Conv", ["clip", "kernel"], ["y"], strides=[1, 2])), "Conv 'y'"),
    invalid("too few inputs", of(node("Conv", ["clip"], ["y"])), "Conv"),
    invalid("an opset to come", set_opset(99), "it is of opset 99"),
    invalid("no opset", set_opset(0), "it is of opset 0"),
    invalid("no opset import", spoiled(lambda m: m.ClearField("opset_import")), "opset", reasons=None),
    invalid(
        "shapes that contradict each other, twice",
        of(
            node("MatMul", ["clip", "w"], ["a"]),
            node("Concat", ["clip", "kernel"], ["y"], axis=2),
            outputs=("a", "y"),
            w=ones(7, 9),
        ),
        "MatMul 'a': Incompatible dimensions",
        "Concat 'y'",
        reasons=2,
    ),
    invalid("a perm that is none", of(node("Transpose", ["clip"], ["y"], perm=[0, 1, 1, 2, 3])), "Transpose 'y'"),
    invalid("an axis out of range", of(node("Softmax", ["clip"], ["y"], axis=7)), "Softmax 'y'"),
    invalid("operands that do not broadcast", of(node("Add", ["clip", "b"], ["y"]), b=ones(7)), "Add 'y'"),
    invalid("types that do not fit", of(node("Add", ["clip", "b"], ["y"]), b=ints(1)), "Add 'y'"),
)
def test_rules_of_onnx(case: Case, negatives: Negatives) -> None:
    negatives.check(case)


def conv_of(weight: tuple[int, ...], bias: int = 0, **attributes: object) -> Callable[[], onnx.ModelProto]:
    names = ["clip", "k", *(["b"] if bias else [])]
    weights = {"k": ones(*weight), **({"b": ones(bias)} if bias else {})}
    return lambda: graph([node("Conv", names, ["y"], **attributes)], {"clip": CLIP}, ["y"], weights)


def misfit(what: str, make: Callable[[], onnx.ModelProto], said: str) -> Case:
    """What shape inference does not see, a rule does."""
    return Case(f"{what} that does not fit", lowering(make), 3, (f" 'y' on {list(CLIP)}", said), 1)


@cases(
    misfit("channels", conv_of((8, 4, 3, 3, 3)), "[8, 4, 3, 3, 3] of group 1 takes 4 channels, its input has 3"),
    misfit("groups", conv_of((8, 1, 3, 3, 3), group=3), "3 channels in and 8 out are not divisible by group 3"),
    misfit("a bias", conv_of((8, 3, 3, 3, 3), bias=5), "its bias [5] is not one number for each of 8 channels"),
    misfit("a kernel larger than the clip", conv_of((8, 3, 5, 3, 3)), "its output would have the size [0, 4, 8]"),
    misfit(
        "a reshape", of(node("Reshape", ["clip", "s"], ["y"]), s=ints(2, 3, 5)), "1440 elements do not make [2, 3, 5]"
    ),
    invalid("a kernel of another rank", conv_of((8, 3, 3, 3)), "Conv 'y'", "does not match"),
    Case(
        "NaN in weights",
        lowering(poison(np.nan)),
        3,
        ("weight 'kernel' holds NaN", "weight 'bias' holds NaN", "finite weights"),
        2,
    ),
    Case(
        "infinite weights", exporting(poison(np.inf)), 3, ("weight 'kernel' holds NaN or infinite", "weight 'bias'"), 2
    ),
    Case(
        "an empty graph",
        lowering(lambda: graph([], {"clip": CLIP}, ["clip"])),
        2,
        ("'net.onnx' is not an ONNX model", "no operator"),
        0,
    ),
    Case(
        "no input",
        lowering(lambda: graph([node("Relu", ["k"], ["y"])], {}, ["y"], {"k": ones(3)})),
        3,
        ("has no input",),
        0,
    ),
)
def test_weights_and_ends(case: Case, negatives: Negatives) -> None:
    negatives.check(case)


def test_json(negatives: Negatives) -> None:
    negatives.check_json(WIRING[0])
