"""Operators that have a rule, in a form that cannot be lowered: what makes it so, and what to do instead."""

from __future__ import annotations

import numpy as np
import onnx
from negative_case import Case, Negatives, cases, lowering
from negative_models import CLIP, KERNEL, STEM, Array, behind_stem, graph, ints, node, ones, stem
from onnx import TensorProto

INT64, BOOL = TensorProto.INT64, TensorProto.BOOL
RULELESS = "there is no rule for it"
RUN_TIME = "is computed at run time"


def one(
    op: str,
    inputs: str,
    says: tuple[str, ...],
    weights: dict[str, Array] | None = None,
    *,
    name: str = "",
    outputs: str = "y",
    kinds: dict[str, int] | None = None,
    opset: int = 20,
    **attributes: object,
) -> Case:
    """One operator behind the stem."""
    names = outputs.split()
    reader = node(op, inputs.split(","), names, **attributes)
    made = behind_stem(reader, weights=weights, outputs=names, kinds=kinds, opset=opset)
    return Case(name or op, lowering(made), 3, (f"{op} '{names[0]}' on {list(STEM)}", *says), 1)


def from_data(op: str, what: str, count: int, before: str = "", **attributes: object) -> Case:
    """`count` integers that are an input of the model, among the arguments of an operator."""

    def make() -> onnx.ModelProto:
        reader = node(op, ["stem", *before.split(","), "given"] if before else ["stem", "given"], ["y"], **attributes)
        weights = {**KERNEL, "ones": ints(1, 1)}
        return graph([stem(), reader], {"clip": CLIP, "given": (count,)}, ["y"], weights, kinds={"given": INT64})

    return Case(f"{op} by data", lowering(make), 3, (f"{op} 'y' on {list(STEM)}", f"its {what} {RUN_TIME}"), 1)


@cases(
    from_data("Reshape", "shape", 3),
    from_data("Expand", "shape", 5),
    from_data("Tile", "repeats", 5),
    from_data("Gather", "indices", 3, axis=1),
    from_data("Slice", "ends", 2, "ones"),
    from_data("Pad", "pads", 10),
    from_data("Resize", "sizes", 5, ","),
    from_data("Squeeze", "axes", 1),
    from_data("Unsqueeze", "axes", 1),
    from_data("Split", "sizes", 1, axis=1),
    from_data("ReduceSum", "axes", 2),
    from_data("CumSum", "axis", 1),
)
def test_what_must_be_known_but_comes_from_data(case: Case, negatives: Negatives) -> None:
    negatives.check(case)


@cases(
    Case(
        "Conv of a computed weight",
        lowering(
            lambda: graph([node("Conv", ["clip", "given"], ["y"])], {"clip": CLIP, "given": (8, 3, 3, 3, 3)}, ["y"]),
            "--input-layout",
            "clip=NCTHW",
            "--input-layout",
            "given=NCTHW",
        ),
        3,
        (f"Conv 'y' on {list(CLIP)} × [8, 3, 3, 3, 3]", f"its weight {RUN_TIME}", "make the weight a constant"),
        1,
    ),
    Case(
        "Conv of a computed bias, and one of a computed weight",
        lowering(
            lambda: graph(
                [
                    stem(),
                    node("Conv", ["clip", "kernel", "bias"], ["a"], pads=[1] * 6),
                    node("ConvTranspose", ["stem", "up"], ["y"]),
                ],
                {"clip": CLIP, "bias": (8,), "up": (8, 3, 2, 2, 2)},
                ["a", "y"],
                KERNEL,
            ),
            "--input-layout",
            "NCTHW",
        ),
        3,
        ("Conv 'a'", f"its bias {RUN_TIME}", "ConvTranspose 'y'", f"its weight {RUN_TIME}"),
        2,
    ),
    Case(
        "Conv of four spatial axes",
        lowering(
            lambda: graph(
                [node("Conv", ["x", "k"], ["y"])], {"x": (2, 3, 4, 5, 6, 7)}, ["y"], {"k": ones(8, 3, 2, 2, 2, 2)}
            )
        ),
        3,
        ("Conv 'y' on [2, 3, 4, 5, 6, 7]", "4 spatial axes", "one to three spatial axes"),
        1,
    ),
    Case(
        "MaxPool of four spatial axes",
        lowering(
            lambda: graph([node("MaxPool", ["x"], ["y"], kernel_shape=[2] * 4)], {"x": (2, 3, 4, 5, 6, 7)}, ["y"])
        ),
        3,
        ("MaxPool 'y'", "4 spatial axes"),
        1,
    ),
    one(
        "ConvTranspose",
        "stem,k",
        ("its output would have the size", "use smaller pads"),
        {"k": ones(8, 3, 2, 2, 2)},
        pads=[4, 0, 0, 4, 0, 0],
    ),
    one("Pad", "stem,pads", ("mode 'wrap'", "use constant, edge or reflect"), {"pads": ints(*[1] * 10)}, mode="wrap"),
    one(
        "Pad",
        "stem,pads",
        ("negative pads", "leave nothing"),
        {"pads": ints(0, 0, -3, 0, 0, 0, 0, -1, 0, 0)},
        name="Pad away",
    ),
    one(
        "Resize",
        "stem,roi,scales",
        ("'tf_crop_and_resize'", "crop with Slice"),
        {"roi": ones(10), "scales": np.array([1, 1, 1, 2, 2], np.float32)},
        mode="linear",
        coordinate_transformation_mode="tf_crop_and_resize",
    ),
    one(
        "BatchNormalization",
        "stem,s,s,s,s",
        ("it is in training mode", "model.eval()"),
        {"s": ones(8)},
        outputs="y mean var",
        training_mode=1,
    ),
    one(
        "Dropout",
        "stem,ratio,yes",
        ("it is in training mode", "model.eval()"),
        {"ratio": np.array(0.5, np.float32), "yes": np.array(True)},
    ),
    one("Mod", "stem,two", ("an integer Mod",), {"two": ones(1)}, name="Mod"),
    one(
        "Cast",
        "stem",
        ("it casts to integers or booleans", "keep the network in floating point"),
        name="Cast",
        kinds={"y": INT64},
        to=INT64,
    ),
    one("LpNormalization", "stem", ("p = 3",), p=3),
    one(
        "Gather",
        "stem,i",
        ("scattered indices",),
        {"i": np.random.default_rng(0).permutation(np.tile(np.arange(10), 30))},
        axis=4,
    ),
)
def test_forms_that_no_rule_takes(case: Case, negatives: Negatives) -> None:
    negatives.check(case)


MASKED = (
    node("Greater", ["stem", "zero"], ["mask"]),
    node("Where", ["mask", "stem", "zero"], ["y"]),
)


@cases(
    Case(
        "a mask from data",
        lowering(behind_stem(*MASKED, weights={"zero": ones(1)})),
        3,
        ("Greater 'mask'", RULELESS),
        1,
    ),
    Case(
        "a mask that is an input",
        lowering(
            lambda: graph(
                [stem(), node("Where", ["mask", "stem", "zero"], ["y"])],
                {"clip": CLIP, "mask": (2, 8, 4, 1, 1)},
                ["y"],
                {**KERNEL, "zero": ones(1)},
                kinds={"mask": BOOL},
            ),
            "--input-layout",
            "NCTHW",
        ),
        3,
        ("Where 'y'", "its condition is computed at run time", "use Max, Min or Clip"),
        1,
    ),
    Case(
        "statistics of data",
        lowering(
            behind_stem(
                node("ReduceMean", ["stem", "axes"], ["mean"], keepdims=0),
                node("BatchNormalization", ["stem", "s", "s", "mean", "s"], ["y"]),
                weights={"axes": ints(0, 2, 3, 4), "s": ones(8)},
            )
        ),
        3,
        ("BatchNormalization 'y'", "its mean is computed at run time"),
        1,
    ),
    Case(
        "faults of every kind at once",
        lowering(
            behind_stem(
                node("Conv", ["stem", "k"], ["cut"]),
                node("Gelu", ["stem"], ["g"], domain="com.microsoft"),
                node("Pad", ["stem", "pads"], ["wrapped"], mode="wrap"),
                node("MaxPool", ["stem"], ["small", "at"], kernel_shape=[2, 2, 2]),
                node("Hardmax", ["wrapped"], ["hard"]),
                outputs=("cut", "g", "hard", "small"),
                weights={"k": ones(5, 8, 5, 3, 3), "pads": ints(*[1] * 10)},
            )
        ),
        3,
        ("5 operator(s)", "Conv 'cut'", "Gelu 'g'", "Pad 'wrapped'", "MaxPool 'small'", "Hardmax 'hard'"),
        5,
    ),
)
def test_data_that_decides_and_all_at_once(case: Case, negatives: Negatives) -> None:
    negatives.check(case)
