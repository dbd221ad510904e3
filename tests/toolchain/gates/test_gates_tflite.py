"""Gates of the TFLite files: each holds on a good file, and fails on the smallest change that breaks it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from gates_models import CLIP, FEATURES, FLAT, LOGITS, TFLITE, VERSIONS, failed, op, tensor, with_op

from edgeconv.core.report import Gate
from edgeconv.core.summary import ModelSummary, TensorInfo
from edgeconv.gates import gate_batch, gate_int8, gate_tflite
from edgeconv.profiles import TfliteProfile

PROFILE = TfliteProfile()


def structure(model: ModelSummary, **changes: object) -> dict[str, Gate]:
    return failed(gate_tflite("m.tflite", model, PROFILE.model_copy(update=changes), VERSIONS))


def int8(model: ModelSummary, partitions: int | None = 1, **changes: object) -> dict[str, Gate]:
    return failed(gate_int8("m.tflite", model, PROFILE.model_copy(update=changes), partitions))


def ends(model: ModelSummary, first: TensorInfo, last: TensorInfo) -> ModelSummary:
    """The file with a QUANTIZE at either end, between these tensors and its own."""
    return replace(
        model,
        ops=(op("QUANTIZE", [first], CLIP), *model.ops, op("QUANTIZE", [LOGITS], last)),
        inputs=(first,),
        outputs=(last,),
    )


def test_a_good_file_holds_all_gates() -> None:
    gates = (*gate_tflite("m.tflite", TFLITE, PROFILE, VERSIONS), *gate_int8("m.tflite", TFLITE, PROFILE, 1))
    assert [g.name for g in gates if not g.passed] == []
    assert len(gates) == 9
    assert all(g.name.startswith("m.tflite: ") and g.measured and g.required for g in gates)


def test_rank_5_is_found_in_any_tensor() -> None:
    gate = structure(with_op(TFLITE, op("MUL", [FLAT], tensor("five", 1, 2, 3, 4, 5))))["max rank"]
    assert (gate.measured, gate.required, gate.detail) == ("5", "at most 4", "'five' [1, 2, 3, 4, 5]")
    hidden = replace(TFLITE, shape_helpers=(tensor("helper", 1, 1, 1, 1, 1, constant=True),))
    assert structure(hidden)["max rank"].detail == "'helper' [1, 1, 1, 1, 1]"
    assert structure(with_op(TFLITE, op("MUL", [FLAT], tensor("four", 1, 2, 3, 4)))).keys() == {
        "operators newer than tflite-runtime-2.14"  # MUL is not among the versions given
    }


def test_transposes_are_counted_and_named() -> None:
    model = with_op(TFLITE, op("TRANSPOSE", [FLAT], tensor("turned", 4096, 1)))
    gate = structure(model)["TRANSPOSE operators"]
    assert (gate.measured, gate.required, gate.detail) == ("1", "at most 0", "'turned'")
    assert structure(model, max_transposes=1) == {}


@pytest.mark.parametrize("kind", ["CONV_3D", "CONV_3D_TRANSPOSE"])
def test_3d_operators_are_refused_even_where_the_runtime_has_them(kind: str) -> None:
    model = with_op(TFLITE, op(kind, [FLAT], tensor("deep", 1, 4096)))
    gates = gate_tflite("m.tflite", model, PROFILE, {**VERSIONS, kind: 9})
    assert failed(gates)["3D operators"].detail == "'deep'"


def test_unknown_dimensions_are_named() -> None:
    gate = structure(with_op(TFLITE, op("RESHAPE", [FLAT], tensor("open", -1, 4096))))["tensors of unknown shape"]
    assert gate.detail == "'open' [-1, 4096]"
    assert structure(with_op(TFLITE, op("RESHAPE", [FLAT], tensor("empty", 0, 4096)))) == {}


@pytest.mark.parametrize(("version", "found"), [(3, ""), (4, "CONV_2D v4")])
def test_operator_versions_end_where_the_runtime_does(version: int, found: str) -> None:
    model = with_op(TFLITE, op("CONV_2D", [FEATURES], tensor("more", 16, 8, 8, 4), version))
    gate = structure(model).get("operators newer than tflite-runtime-2.14")
    assert (gate.detail if gate else "") == found


def test_an_operator_that_the_runtime_does_not_know_is_too_new() -> None:
    model = with_op(TFLITE, *(op("STABLEHLO_SCATTER", [FLAT], tensor(f"s{i}", 1, 4096)) for i in range(2)))
    gate = structure(model)["operators newer than tflite-runtime-2.14"]
    assert (gate.measured, gate.detail) == ("2", "STABLEHLO_SCATTER v1")


def test_long_lists_of_offenders_are_cut() -> None:
    many = [op("TRANSPOSE", [FLAT], tensor(f"t{i}", 4096, 1)) for i in range(8)]
    assert structure(with_op(TFLITE, *many))["TRANSPOSE operators"].detail == "'t0', 't1', 't2', 't3', 't4' and 3 more"


def test_a_float_island_behind_int8_ends_is_found() -> None:
    """What converters leave silently: the ends are int8 and the middle is not."""
    island = tensor("island", 1, 4096, dtype="float32")
    back = tensor("back", 1, 4096)
    model = with_op(TFLITE, op("DEQUANTIZE", [FLAT], island), op("QUANTIZE", [island], back))
    gates = int8(model)
    assert gates["tensors that are not int8 or int32"].detail == "'island' float32"
    assert gates["QUANTIZE and DEQUANTIZE inside"].detail == "'island', 'back'"
    assert "input and output type" not in gates


def test_float_weights_are_found() -> None:
    model = with_op(TFLITE, op("ADD", [FLAT, tensor("offset", 1, dtype="float32", constant=True)], tensor("sum", 1, 9)))
    assert int8(model)["tensors that are not int8 or int32"].detail == "'offset' float32"


@pytest.mark.parametrize("dtype", ["int16", "int64", "uint8", "bool", "float16"])
def test_no_other_type_passes_inside(dtype: str) -> None:
    model = with_op(TFLITE, op("CAST", [FLAT], tensor("cast", 1, 4096, dtype=dtype)))
    assert int8(model)["tensors that are not int8 or int32"].detail == f"'cast' {dtype}"


def test_float_ends_fail_twice() -> None:
    model = ends(TFLITE, tensor("in", 16, 8, 8, 3, dtype="float32"), tensor("out", 1, 5, dtype="float32"))
    gates = int8(model)
    assert gates["tensors that are not int8 or int32"].detail == "'in' float32, 'out' float32"
    assert gates["input and output type"].measured == "float32, float32"
    assert gates["input and output type"].required == "int8 in, int8 out"


def test_uint8_ends_are_the_profiles_choice() -> None:
    model = ends(TFLITE, tensor("in", 16, 8, 8, 3, dtype="uint8"), tensor("out", 1, 5, dtype="uint8"))
    assert int8(model, input_dtype="uint8", output_dtype="uint8") == {}
    assert int8(model, input_dtype="uint8").keys() == {"input and output type"}
    assert int8(model).keys() == {"input and output type"}
    assert int8(TFLITE, input_dtype="uint8").keys() == {"input and output type"}


def test_quantize_may_stand_at_an_end_and_nowhere_else() -> None:
    again = tensor("again", 1, 4096)
    assert int8(ends(TFLITE, tensor("in", 16, 8, 8, 3), tensor("out", 1, 5))) == {}
    gate = int8(with_op(TFLITE, op("QUANTIZE", [FLAT], again)))["QUANTIZE and DEQUANTIZE inside"]
    assert (gate.measured, gate.detail) == ("1", "'again'")


@pytest.mark.parametrize(
    ("partitions", "limit", "required"),
    [(1, 1, None), (2, 1, "1"), (0, 1, "1"), (3, 3, None), (4, 3, "1 to 3"), (7, None, None), (None, 1, None)],
)
def test_partitions_in_litert(partitions: int | None, limit: int | None, required: str | None) -> None:
    """None counted or none asked for: not gated. None at all is as bad as too many."""
    gate = int8(TFLITE, partitions, max_xnnpack_partitions=limit).get("XNNPACK partitions in LiteRT")
    assert (gate.required if gate else None) == required


def test_partitions_are_gated_only_where_they_were_counted() -> None:
    names = [g.name for g in gate_int8("m.tflite", TFLITE, PROFILE, None)]
    assert "m.tflite: XNNPACK partitions in LiteRT" not in names


@pytest.mark.parametrize(
    ("kind", "partitions", "passed"),
    [("RSQRT", 2, True), ("RSQRT", 3, False), ("MAX_POOL_2D", 2, False), ("RELU", 2, False)],
)
def test_an_operator_without_a_delegate_form_may_cut_once(kind: str, partitions: int, passed: bool) -> None:
    """A lone RELU may not: it could have been fused."""
    model = with_op(TFLITE, op(kind, [FLAT], tensor("again", 1, 4096)))
    gate = next(g for g in gate_int8("m.tflite", model, PROFILE, partitions) if "XNNPACK" in g.name)
    assert gate.passed == passed
    assert ("1 RSQRT" in gate.required) == (kind == "RSQRT")


UP, WIDE, DOWN = tensor("up", 1, 4096, dtype="float32"), tensor("wide", 1, 4096, dtype="int16"), tensor("down", 1, 4096)
ISLAND = (
    op("DEQUANTIZE", [FLAT], UP),
    op("ADD", [UP, tensor("c", 1, dtype="int16", constant=True)], WIDE),
    op("QUANTIZE", [WIDE], DOWN),
)


def with_island() -> ModelSummary:
    return replace(TFLITE, ops=(*TFLITE.ops, *ISLAND))


def test_what_a_recipe_names_may_be_wider_and_has_borders() -> None:
    """Its constants too; each of its operators in int16 may cut the delegate's part once."""
    wide = {"up": "float32", "wide": "int16"}
    gates = gate_int8("m.tflite", with_island(), PROFILE, 3, wide)
    assert [g.name for g in gates if not g.passed] == []
    assert not gate_int8("m.tflite", with_island(), PROFILE, 4, wide)[-1].passed
    assert not all(g.passed for g in gate_int8("m.tflite", with_island(), PROFILE, 1))


@pytest.mark.parametrize(
    ("wide", "broken"),
    [
        ({"up": "float32"}, "tensors that are not int8 or int32 but for those of the recipe"),
        ({"up": "int16", "wide": "int16"}, "tensors of the recipe that are not in its precision"),
        ({"up": "float32", "wide": "int16", "gone": "int16"}, "tensors of the recipe that are not in its precision"),
    ],
)
def test_nothing_else_may_be_wider_and_nothing_named_may_be_missing(wide: dict[str, str], broken: str) -> None:
    failing = failed(gate_int8("m.tflite", with_island(), PROFILE, 1, wide))
    assert broken in failing


def test_a_tensor_of_the_recipe_in_another_precision_fails_both_ways() -> None:
    """As one that the recipe does not ask for, and as one that it misses."""
    failing = failed(gate_int8("m.tflite", with_island(), PROFILE, 3, {"up": "int16", "wide": "int16"}))
    assert failing["tensors that are not int8 or int32 but for those of the recipe"].detail == "'up' float32"
    assert failing["tensors of the recipe that are not in its precision"].detail == "'up' float32"


def test_a_border_inside_that_no_recipe_asks_for() -> None:
    stray = op("QUANTIZE", [DOWN], tensor("again", 1, 4096))
    model = replace(with_island(), ops=(*with_island().ops, stray))
    gate = failed(gate_int8("m.tflite", model, PROFILE, 1, {"up": "float32", "wide": "int16"}))
    assert gate["QUANTIZE and DEQUANTIZE inside but for those of the recipe"].detail == "'again'"


def test_strips_have_no_batch() -> None:
    """One computed tensor or input of 16 images fails by name; constants do not count."""
    clip, features = tensor("clip", 1, 128, 8, 3), tensor("features", 1, 128, 8, 4)
    kernel = tensor("kernel", 4, 3, 3, 3, constant=True)
    ops = (op("CONV_2D", [clip, kernel], features), op("RESHAPE", [features], FLAT), op("MEAN", [FLAT], LOGITS))
    strips = replace(TFLITE, ops=ops, inputs=(clip,), outputs=(LOGITS,))
    assert gate_batch("m.tflite", strips).passed
    behind = gate_batch("m.tflite", with_op(strips, op("RESHAPE", [features], FEATURES)))
    assert (behind.passed, behind.measured) == (False, "1")
    assert "'features' [16, 8, 8, 4]" in behind.detail
    assert not gate_batch("m.tflite", replace(strips, inputs=(CLIP,))).passed
