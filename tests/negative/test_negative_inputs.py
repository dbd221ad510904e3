"""Inputs of ONNX models that cannot be entered as they are: shapes, names, axis orders, types."""

from __future__ import annotations

from collections.abc import Callable

import onnx
from negative_case import Case, Negatives, cases, exporting, lowering
from negative_models import CLIP, KERNEL, graph, ints, node, ones, plain, stem
from onnx import TensorProto, helper

DYNAMIC = "has the dynamic shape"


def named(at: int, name: str = "free") -> list[int | str]:
    return [name if axis == at else size for axis, size in enumerate(CLIP)]


def dynamic(at: int, axis: str) -> Case:
    says = (f"input 'clip' of 'net.onnx' {DYNAMIC}", "'free'", "hint: export it with static shapes", "--input-shape ")
    return Case(f"dynamic {axis}", lowering(lambda: plain(named(at))), 3, says, 0)


def two() -> onnx.ModelProto:
    """Two clips, both of dynamic length."""
    nodes = [stem("a", "slow"), stem("b", "fast"), node("Concat", ["a", "b"], ["y"], axis=2)]
    shapes = {"slow": ("N", 3, "Ts", 6, 10), "fast": ("N", 3, "Tf", 6, 10)}
    return graph(nodes, shapes, ["y"], KERNEL)


@cases(
    dynamic(0, "N"),
    dynamic(2, "T"),
    dynamic(3, "H"),
    Case("everything dynamic", lowering(lambda: plain(("N", "C", "T", "H", "W"))), 3, (DYNAMIC, "'W'"), 0),
    Case("a rank that is not known", lowering(lambda: unranked()), 3, ("input 'clip'", "no shape"), 1),
    Case("two of them", lowering(two), 3, ("'slow'", "'fast'", "--input-shape slow=", "--input-shape fast="), 1),
    Case("one shape for two", lowering(two, "--input-shape", "2,3,4,6,10"), 2,
         ("--input-shape was given 1 time(s), but the network has 2 input(s)", "input 'slow'", "input 'fast'"), 2),
    Case("one of two by name", lowering(two, "--input-shape", "slow=2,3,4,6,10"), 3, ("input 'fast'", DYNAMIC), 0),
    Case("another rank", lowering(lambda: plain(named(2)), "--input-shape", "2,3,4,6"), 2,
         ("takes [2, 3, 'free', 6, 10], not [2, 3, 4, 6]", "only the sizes that are names"), 0),
    Case("a fixed size changed", lowering(plain, "--input-shape", "2,3,5,6,10"), 2,
         ("takes [2, 3, 4, 6, 10], not [2, 3, 5, 6, 10]", "leave --input-shape out"), 0),
    Case("an unknown name", lowering(plain, "--input-shape", "clop=2,3,4,6,10"), 2,
         ("the network has no input 'clop'", "did you mean 'clip'"), 0),
    Case("a shape that operators do not take", lowering(lambda: folding(), "--input-shape", "1,3,5,6,10"), 3,
         ("does not take the input shape", "Reshape"), 1),
    Case("a clip too short", lowering(lambda: graph([node("Conv", ["clip", "kernel"], ["y"])],
         {"clip": named(2)}, ["y"], KERNEL), "--input-shape", "2,3,2,6,10"), 3, ("Conv 'y'", "[0, 4, 8]"), 1),
    Case("a shape of zero", lowering(plain, "--input-shape", "2,3,0,6,10"), 2, ("0, 6, 10] is not possible",), 0),
    Case("more than 2^31", lowering(plain, "--input-shape", "2,3,4096,4096,4096"), 2, ("is not possible",), 0),
    Case("letters", lowering(plain, "--input-shape", "2,3,T,6,10"), 2, ("'2,3,T,6,10' is not a list of sizes",), 0),
)  # fmt: skip
def test_shapes(case: Case, negatives: Negatives) -> None:
    negatives.check(case)


def unranked() -> onnx.ModelProto:
    made = plain()
    made.graph.input[0].type.tensor_type.ClearField("shape")
    return made


def folding() -> onnx.ModelProto:
    """[N, 3, T, 6, 10] into pairs of frames: an odd T does not go."""
    nodes = [node("Reshape", ["clip", "shape"], ["pairs"]), node("ReduceMean", ["pairs"], ["y"])]
    return graph(nodes, {"clip": ("N", 3, "T", 6, 10)}, ["y"], {"shape": ints(-1, 2, 3, 60)})


def sized(*clip: int) -> Callable[[], onnx.ModelProto]:
    return lambda: graph([node("Relu", ["clip"], ["y"])], {"clip": clip}, ["y"])


@cases(
    Case("a size of zero in the file", lowering(sized(2, 3, 0, 6, 10)), 3, ("input 'clip'", "[2, 3, '?', 6, 10]"), 0),
    Case("more than 2^31 elements in the file", lowering(sized(2, 3, 4096, 4096, 4096), "--input-layout", "NCTHW"), 3,
         ("input 'clip'", "[2, 3, 4096, 4096, 4096]", "2^31"), None),
    Case("an axis order that nothing tells", lowering(sized(2, 7, 4, 6, 10)), 2,
         ("the axis order of the input [2, 7, 4, 6, 10] is not known", "--input-layout NCTHW"), 1),
    Case("wrong letters", lowering(plain, "--input-layout", "NCTHX"), 2, ("'NCTHX' is not an axis order",), 0),
    Case("a letter twice", lowering(plain, "--input-layout", "NCTTH"), 2, ("'NCTTH' is not an axis order",), 0),
    Case("too few letters", lowering(plain, "--input-layout", "NCHW"), 2, ("NCHW names 4 axes", "'clip'"), 0),
    Case("a name that is no input", lowering(plain, "--input-layout", "clop=NCTHW"), 2,
         ("the network has no input 'clop'", "did you mean 'clip'"), 0),
    Case("layouts for two", lowering(plain, "--input-layout", "NCTHW", "--input-layout", "NTCHW"), 2,
         ("--input-layout was given 2 times, but the network has 1 input(s)",), 0),
    Case("names and none", lowering(two, "--input-shape", "slow=2,3,4,6,10", "--input-shape", "2,3,8,6,10"), 2,
         ("--input-shape is given with names and without",), 0),
    Case("one input twice", lowering(two, "--input-shape", "slow=2,3,4,6,10", "--input-shape", "slow=2,3,8,6,10"), 2,
         ("--input-shape gives an input twice",), 2),
)  # fmt: skip
def test_sizes_and_axis_orders(case: Case, negatives: Negatives) -> None:
    negatives.check(case)


def typed(kind: int, op: str = "Identity") -> Callable[[], onnx.ModelProto]:
    return lambda: graph([node(op, ["clip"], ["y"])], {"clip": CLIP}, ["y"], kinds={"clip": kind, "y": kind})


def typed_convolution(kind: int) -> Callable[[], onnx.ModelProto]:
    def make() -> onnx.ModelProto:
        made = graph([stem("y")], {"clip": CLIP}, ["y"], kinds={"clip": kind, "y": kind})
        made.graph.initializer.append(helper.make_tensor("kernel", kind, (8, 3, 3, 3, 3), ones(648).tolist()))
        return made

    return make


def sequence() -> onnx.ModelProto:
    made = graph([node("SequenceAt", ["clips", "first"], ["y"])], {}, ["y"], {"first": ints(0).reshape(())})
    made.graph.input.append(helper.make_tensor_sequence_value_info("clips", TensorProto.FLOAT, list(CLIP)))
    return made


def optional() -> onnx.ModelProto:
    made = graph([node("OptionalGetElement", ["maybe"], ["y"])], {}, ["y"])
    kind = helper.make_optional_type_proto(helper.make_tensor_type_proto(TensorProto.FLOAT, list(CLIP)))
    made.graph.input.append(helper.make_value_info("maybe", kind))
    return made


NCTHW = ("--input-layout", "NCTHW")
T = TensorProto


@cases(
    Case("strings", lowering(typed(T.STRING), *NCTHW), 3, ("input 'clip' holds strings",), None),
    Case("complex numbers", lowering(typed(T.COMPLEX64), *NCTHW), 3, ("input 'clip'", "complex64"), None),
    Case("booleans", lowering(typed(T.BOOL, "Not"), *NCTHW), 3, ("Not 'y'", "no rule"), 1),
    Case("float8", lowering(typed(T.FLOAT8E4M3FN), *NCTHW), 3, ("input 'clip'", "float8"), None),
    Case("bfloat16", lowering(typed_convolution(T.BFLOAT16)), 3, ("input 'clip'", "bfloat16", "float32"), None),
    Case("integers", exporting(typed(T.INT32, "Neg"), *NCTHW), 3, ("input 'clip'", "int32"), None),
    Case("float16 to TFLite", exporting(typed_convolution(T.FLOAT16)), 3, ("input 'clip' is float16", "float32"), None),
    Case("float64 to TFLite", exporting(typed_convolution(T.DOUBLE)), 3, ("input 'clip' is float64", "float32"), None),
    Case("a sequence", lowering(sequence), 3, ("input 'clips'", "sequence"), None),
    Case("an optional", lowering(optional), 3, ("input 'maybe'", "optional"), None),
)
def test_types(case: Case, negatives: Negatives) -> None:
    negatives.check(case)


@cases(
    Case("weights that are no numbers", lowering(lambda: words()), 3, ("weight 'words'", "strings"), None),
    Case("an output that is a constant", exporting(lambda: constant()), 3, ("output 'k'", "constant"), None),
)  # fmt: skip
def test_ends(case: Case, negatives: Negatives) -> None:
    negatives.check(case)


def words() -> onnx.ModelProto:
    made = graph(
        [node("Identity", ["words"], ["y"]), stem()], {"clip": CLIP}, ["y", "stem"], KERNEL, kinds={"y": T.STRING}
    )
    made.graph.initializer.append(helper.make_tensor("words", T.STRING, (2,), [b"a", b"b"]))
    return made


def constant() -> onnx.ModelProto:
    return graph([stem("y")], {"clip": CLIP}, ["y", "k"], {**KERNEL, "k": ones(2, 3)})
