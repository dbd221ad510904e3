"""Gates of the delivered ONNX: each holds on a good file, and fails on the smallest change that breaks it."""

from __future__ import annotations

from dataclasses import replace

from gates_models import ONNX, failed, op, tensor, with_op

from edgeconv.core.report import Gate
from edgeconv.core.summary import ModelSummary, OpInfo, TensorInfo
from edgeconv.gates import gate_4d, gate_onnx
from edgeconv.profiles import OnnxProfile

PROFILE = OnnxProfile(allowed_ops=("Conv", "Reshape", "Transpose"))
FEATURES = ONNX.ops[0].outputs[0]


def judge(model: ModelSummary, **changes: object) -> dict[str, Gate]:
    return failed(gate_onnx("m.onnx", model, PROFILE.model_copy(update=changes)))


def test_a_good_file_holds_all_gates() -> None:
    gates = gate_onnx("m.onnx", ONNX, PROFILE)
    assert [g.name for g in gates if not g.passed] == []
    assert [g.measured for g in gates] == ["4", "0", "2 operators of 2 kinds", "0", "18"]


def test_rank_5_is_found_in_helpers_too() -> None:
    five = tensor("five", 1, 4, 16, 8, 8, dtype="float32")
    assert judge(with_op(ONNX, op("Reshape", [FEATURES], five)))["max rank"].detail == "'five' [1, 4, 16, 8, 8]"
    dead = replace(ONNX, shape_helpers=(tensor("dead", 1, 1, 1, 1, 1, constant=True),))
    assert judge(dead)["max rank"].detail == "'dead' [1, 1, 1, 1, 1]"
    assert judge(dead, max_rank=5) == {}


def test_the_rank_of_a_shape_that_a_helper_holds_is_its_value_not_its_own_rank() -> None:
    """A constant of five numbers is a rank-1 tensor; what counts is what Reshape makes of it."""
    helper = tensor("shape5", 5, dtype="int64", constant=True)
    assert judge(with_op(ONNX, op("Reshape", [FEATURES, helper], tensor("x", 1, 1, dtype="float32")))) == {}


def test_a_transpose_fails_even_when_the_kind_is_allowed() -> None:
    model = with_op(ONNX, op("Transpose", [FEATURES], tensor("turned", 16, 8, 8, 4, dtype="float32")))
    assert judge(model).keys() == {"Transpose operators"}
    assert judge(model)["Transpose operators"].detail == "'turned'"
    assert judge(model, max_transposes=1) == {}


def test_transposes_that_lowering_lists_may_pass_where_the_profile_says_so() -> None:
    model = with_op(ONNX, op("Transpose", [FEATURES], tensor("turned", 16, 8, 8, 4, dtype="float32")))
    strict = OnnxProfile(allowed_ops=("Conv", "Reshape"))
    listing = strict.model_copy(update={"listed_transposes": True})
    assert failed(gate_onnx("m.onnx", model, strict, 1)).keys() == {"Transpose operators", "operators"}
    assert failed(gate_onnx("m.onnx", model, listing, 1)) == {}
    assert failed(gate_onnx("m.onnx", model, listing, 0)).keys() == {"Transpose operators", "operators"}
    more = with_op(model, op("Transpose", [FEATURES], tensor("again", 16, 8, 8, 4, dtype="float32")))
    assert (
        "the 1 that the report lists" in failed(gate_onnx("m.onnx", more, listing, 1))["Transpose operators"].required
    )


def test_kinds_that_are_not_allowed_are_named_once() -> None:
    model = with_op(ONNX, *(op(k, [FEATURES], tensor(k + "0", 1)) for k in ("Gather", "Einsum", "Gather")))
    gate = judge(model)["operators"]
    assert gate.detail == "not allowed: Einsum, Gather"
    assert gate.measured == "5 operators of 4 kinds"
    assert judge(ONNX, allowed_ops=("Conv",))["operators"].detail == "not allowed: Reshape"


def test_dynamic_shapes_are_named() -> None:
    model = with_op(ONNX, op("Reshape", [FEATURES], tensor("open", 16, -1, dtype="float32")))
    assert judge(model)["tensors of unknown shape"].detail == "'open' [16, -1]"


def test_the_opset_is_the_profiles() -> None:
    gate = judge(replace(ONNX, opset=17))["opset"]
    assert (gate.measured, gate.required) == ("17", "18")
    assert judge(replace(ONNX, opset=19)).keys() == {"opset"}
    assert judge(replace(ONNX, opset=17), opset=17) == {}


def test_a_window_over_three_axes_is_no_4d() -> None:
    volume = TensorInfo("x", (1, 3, 4, 5, 7), "float32")
    conv = OpInfo(0, "Conv", "c", 18, (volume,), (volume,), {"kernel_shape": [3, 3, 3]})
    summary = ModelSummary("m.onnx", "onnx", 1, (conv,), (volume,), (volume,), 18)
    failed = [g for g in gate_4d("m.onnx", summary) if not g.passed]
    assert [g.name for g in failed] == ["m.onnx: max rank", "m.onnx: operators with a window over 3 axes"]
    assert failed[1].detail == "'c'"
    assert all(g.passed for g in gate_4d("m.onnx", summary, max_rank=5)[::2])
