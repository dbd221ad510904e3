"""Operators that no rule knows, and control flow on data: each is told with its tensor and its shapes."""

from __future__ import annotations

from collections.abc import Callable

import onnx
from negative_case import Case, Negatives, cases, exporting, lowering
from negative_models import CLIP, KERNEL, STEM, Array, behind_stem, graph, info, ints, node, ones, stem
from onnx import TensorProto, helper

FLOAT, INT64, BOOL = TensorProto.FLOAT, TensorProto.INT64, TensorProto.BOOL
RULELESS = "there is no rule for it"


def without_rule(
    op: str,
    inputs: str = "stem",
    weights: dict[str, Array] | None = None,
    outputs: str = "y",
    kinds: dict[str, int] | None = None,
    **attributes: object,
) -> Case:
    """One operator behind the stem."""
    names = outputs.split()
    made = behind_stem(node(op, inputs.split(","), names, **attributes), weights=weights, outputs=names, kinds=kinds)
    return Case(op, lowering(made), 3, (f"{op} '{names[0]}' on {list(STEM)}", RULELESS, "rewrite it"), 1)


@cases(
    without_rule("GridSample", "stem,grid", {"grid": ones(2, 4, 6, 10, 3)}),
    without_rule("NonZero", kinds={"y": INT64}),
    without_rule("TopK", "stem,k", {"k": ints(3)}, "y indices", {"indices": INT64}),
    without_rule("DFT", "stem,,axis", {"axis": ints(1).reshape(())}),
    without_rule("Hardmax"),
    without_rule("ReverseSequence", "stem,n", {"n": ints(2, 2, 2, 2)}, batch_axis=2, time_axis=1),
    without_rule("OneHot", "stem,depth,both", {"depth": ints(3), "both": ones(2)}),
    without_rule("QuantizeLinear", "stem,scale", {"scale": ones(1)}, kinds={"y": TensorProto.UINT8}),
    without_rule("RandomNormalLike"),
    without_rule("Compress", "stem,keep", {"keep": ones(8).astype(bool)}, axis=1),
    without_rule("Unique"),
    without_rule("IsNaN", kinds={"y": BOOL}),
    without_rule("ArgMax", kinds={"y": INT64}, axis=1),
)
def test_operators_without_a_rule(case: Case, negatives: Negatives) -> None:
    negatives.check(case)


def flat(size: int, *nodes: onnx.NodeProto, weights: dict[str, Array], **more: object) -> Callable[[], onnx.ModelProto]:
    """Networks whose refused operator takes no clip: 'x' [5, 2, size]."""
    return lambda: graph(nodes, {"x": (5, 2, size)}, ["y"], weights, **more)  # type: ignore[arg-type]


def recurrent(op: str, gates: int) -> Case:
    weights = {"w": ones(1, gates * 7, 10), "r": ones(1, gates * 7, 7)}
    made = flat(10, node(op, ["x", "w", "r"], ["y"], hidden_size=7), weights=weights)
    return Case(op, lowering(made), 3, (f"{op} 'y' on [5, 2, 10]", RULELESS), 1)


@cases(
    recurrent("LSTM", 4),
    recurrent("GRU", 3),
    recurrent("RNN", 1),
    Case(
        "STFT",
        lowering(
            flat(
                1,
                node("STFT", ["x", "step", "", "length"], ["y"]),
                weights={"step": ints(1).reshape(()), "length": ints(2).reshape(())},
            )
        ),
        3,
        ("STFT 'y' on [5, 2, 1]", RULELESS),
        1,
    ),
    Case(
        "NonMaxSuppression",
        lowering(
            lambda: graph(
                [node("NonMaxSuppression", ["boxes", "scores", "most"], ["y"])],
                {"boxes": (2, 9, 4), "scores": (2, 5, 9)},
                ["y"],
                {"most": ints(3)},
                kinds={"y": INT64},
            )
        ),
        3,
        ("NonMaxSuppression 'y' on [2, 9, 4] × [2, 5, 9]", RULELESS),
        1,
    ),
    Case(
        "RoiAlign",
        lowering(
            lambda: graph(
                [node("RoiAlign", ["x", "boxes", "batch"], ["y"], output_height=3, output_width=2)],
                {"x": (2, 8, 6, 10), "boxes": (3, 4)},
                ["y"],
                {"batch": ints(0, 1, 1)},
            )
        ),
        3,
        ("RoiAlign 'y' on [2, 8, 6, 10] × [3, 4]", RULELESS),
        1,
    ),
    Case(
        "Det",
        lowering(lambda: graph([node("Det", ["x"], ["y"])], {"x": (5, 7, 7)}, ["y"])),
        3,
        ("Det 'y' on [5, 7, 7]", RULELESS),
        1,
    ),
    Case(
        "MaxUnpool, and the pool that gives it its indices",
        lowering(
            behind_stem(
                node("MaxPool", ["stem"], ["small", "where"], kernel_shape=[2, 2, 2], strides=[2, 2, 2]),
                node("MaxUnpool", ["small", "where"], ["y"], kernel_shape=[2, 2, 2], strides=[2, 2, 2]),
            )
        ),
        3,
        ("MaxPool 'small'", "its Indices output is used", "up-sample instead", "MaxUnpool 'y'"),
        2,
    ),
    Case(
        "ai.onnx.ml",
        lowering(behind_stem(node("Scaler", ["stem"], ["y"], domain="ai.onnx.ml", offset=[0.5], scale=[2.0]))),
        3,
        ("Scaler 'y'", "operators of the domain 'ai.onnx.ml' have no rule"),
        1,
    ),
    Case(
        "com.microsoft, of a name that has a rule",
        lowering(behind_stem(node("Gelu", ["stem"], ["y"], domain="com.microsoft"))),
        3,
        ("Gelu 'y'", "operators of the domain 'com.microsoft' have no rule"),
        1,
    ),
    Case(
        "an operator that does not exist",
        lowering(behind_stem(node("Convolve", ["stem"], ["y"]))),
        3,
        ("not valid ONNX", "Convolve"),
    ),
)
def test_what_is_not_for_clips(case: Case, negatives: Negatives) -> None:
    negatives.check(case)


def branch(name: str, op: str) -> onnx.GraphProto:
    return helper.make_graph([node(op, ["stem"], [name])], name, [], [info(name, FLOAT, list(STEM))])


def loop() -> onnx.ModelProto:
    body = helper.make_graph(
        [node("Identity", ["going"], ["on"]), node("Relu", ["kept"], ["next"])],
        "body",
        [info("i", INT64, []), info("going", BOOL, []), info("kept", FLOAT, list(STEM))],
        [info("on", BOOL, []), info("next", FLOAT, list(STEM))],
    )
    return graph(
        [stem(), node("Loop", ["times", "", "stem"], ["y"], body=body)], {"clip": CLIP}, ["y"],
        {**KERNEL, "times": ints(3).reshape(())},
    )  # fmt: skip


def scan() -> onnx.ModelProto:
    body = helper.make_graph(
        [node("Add", ["state", "frame"], ["sum"]), node("Identity", ["sum"], ["each"])],
        "body",
        [info("state", FLOAT, [8, 4, 6, 10]), info("frame", FLOAT, [8, 4, 6, 10])],
        [info("sum", FLOAT, [8, 4, 6, 10]), info("each", FLOAT, [8, 4, 6, 10])],
    )
    start = {"start": ones(8, 4, 6, 10)}
    scan = node("Scan", ["start", "stem"], ["last", "y"], body=body, num_scan_inputs=1)
    return graph([stem(), scan], {"clip": CLIP}, ["y"], {**KERNEL, **start})


def function() -> onnx.ModelProto:
    """Of the model itself: it goes in its place, and what stands in it is told."""
    made = graph([stem(), node("Twice", ["stem"], ["y"], domain="mine")], {"clip": CLIP}, ["y"], KERNEL)
    body = [node("Hardmax", ["a"], ["m"]), node("Add", ["m", "a"], ["b"])]
    made.functions.append(helper.make_function("mine", "Twice", ["a"], ["b"], body, [helper.make_opsetid("", 20)]))
    return made


CHOICE = node("If", ["positive"], ["y"], then_branch=branch("t", "Relu"), else_branch=branch("e", "Abs"))
TEST = (node("ReduceMean", ["stem"], ["mean"], keepdims=0), node("Greater", ["mean", "zero"], ["positive"]))


@cases(
    Case("Loop", lowering(loop), 3, ("Loop 'y'", "control flow that depends on data", "unroll it"), 1),
    Case("Scan", lowering(scan), 3, ("Scan 'last'", "control flow that depends on data", "unroll it"), 1),
    Case(
        "If on data",
        lowering(behind_stem(*TEST, CHOICE, weights={"zero": ones().reshape(())})),
        3,
        ("Greater 'positive'", "If 'y'", "control flow that depends on data"),
        2,
    ),
    Case("a function of the model", lowering(function), 3, ("Hardmax", f"on {list(STEM)}", RULELESS), 1),
    Case(
        "an optional",
        lowering(behind_stem(node("Optional", ["stem"], ["maybe"]), node("OptionalGetElement", ["maybe"], ["y"]))),
        3,
        ("Optional 'maybe'", "OptionalGetElement 'y'"),
        2,
    ),
    Case(
        "a sequence",
        lowering(
            behind_stem(
                node("SplitToSequence", ["stem"], ["frames"], axis=2),
                node("SequenceAt", ["frames", "first"], ["y"]),
                weights={"first": ints(0).reshape(())},
            )
        ),
        3,
        ("SplitToSequence 'frames'", "SequenceAt 'y'"),
        2,
    ),
)
def test_control_flow_and_containers(case: Case, negatives: Negatives) -> None:
    negatives.check(case)


@cases(
    Case(
        "several operators, in one branch and in two",
        lowering(
            behind_stem(
                node("GridSample", ["stem", "grid"], ["warped"]),
                node("Relu", ["warped"], ["between"]),
                node("TopK", ["between", "k"], ["best", "at"]),
                node("Cast", ["stem"], ["whole"], to=INT64),
                node("Hardmax", ["stem"], ["d"]),
                node("Concat", ["best", "d"], ["y"], axis=4),
                weights={"grid": ones(2, 4, 6, 10, 3), "k": ints(3)},
                outputs=("y", "whole"),
                kinds={"whole": INT64},
            )
        ),
        3,
        ("4 operator(s)", "GridSample 'warped'", "TopK 'best'", "Cast 'whole'", "Hardmax 'd'"),
        4,
    ),
    Case(
        "the same on the way to TFLite",
        exporting(
            behind_stem(
                node("GridSample", ["stem", "grid"], ["warped"]),
                node("Hardmax", ["warped"], ["y"]),
                weights={"grid": ones(2, 4, 6, 10, 3)},
            )
        ),
        3,
        ("2 operator(s)", "GridSample 'warped'", "Hardmax 'y'"),
        2,
    ),
)
def test_every_reason_is_told(case: Case, negatives: Negatives) -> None:
    negatives.check(case)


def test_json(negatives: Negatives) -> None:
    negatives.check_json(without_rule("Hardmax"))
