"""Verdicts, partition rules, advice and lookup."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from importlib.metadata import EntryPoint

import pytest
from targets_builders import const, conv, make_op, model, tensor, unary
from targets_cases import concat, conv3d, fc, pool, rank, reduce

from edgeconv.core.errors import ToolError, UsageError
from edgeconv.core.summary import ModelSummary
from edgeconv.targets import Target, check, get_target, registry, target_names

X = (1, 8, 8, 4)
STRIDED = unary("STRIDED_SLICE", *X, strides=(1, 2, 1, 1))


def verdicts(summary: ModelSummary, target: str) -> list[str]:
    return [o.verdict for o in check(summary, target).ops]


def test_names() -> None:
    assert target_names()[:3] == ("tflite", "raspberry-pi", "coral")
    for name in target_names():
        assert get_target(name).name == name


def test_unknown_target_offers_the_nearest() -> None:
    with pytest.raises(UsageError, match="did you mean 'coral'"):
        get_target("corl")
    with pytest.raises(UsageError, match="known names: coral, ethos-u55-128, "):
        get_target("zzz")


def test_targets_of_other_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    points = {
        "mine": EntryPoint("mine", "edgeconv.targets.builtin.coral:TARGET", registry.GROUP),
        "broken": EntryPoint("broken", "no_such_module:TARGET", registry.GROUP),
        "wrong": EntryPoint("wrong", "edgeconv.targets.registry:GROUP", registry.GROUP),
    }
    monkeypatch.setattr(registry, "_installed", lambda: points)
    assert target_names()[-3:] == ("broken", "mine", "wrong")
    assert isinstance(get_target("mine"), Target)
    with pytest.raises(ToolError, match="does not load"):
        get_target("broken")
    with pytest.raises(ToolError, match="not a Target"):
        get_target("wrong")


def test_onnx_is_refused_with_a_hint() -> None:
    summary = replace(model(conv(*X)), format="onnx", path="m.onnx")
    with pytest.raises(UsageError, match=r"judges TFLite files[\s\S]*edgeconv export"):
        check(summary, "tflite")


def test_onnx_runtime_judges_onnx() -> None:
    summary = replace(
        model(unary("Conv", *X, version=18, dtype="float32"), unary("Mine", *X, version=0)), format="onnx"
    )
    found = check(summary, "onnxruntime")
    assert [o.verdict for o in found.ops] == ["accelerated", "unsupported"]
    assert any("custom" in line for line in found.advice)
    with pytest.raises(UsageError, match=r"judges ONNX files, and 'm\.tflite' is a TFLite file"):
        check(model(conv(*X)), "onnxruntime")


def test_a_version_without_rules_names_those_with() -> None:
    with pytest.raises(UsageError, match=r"no rules for version '3.2'[\s\S]*ethos-u55-256@4.5"):
        get_target("ethos-u55-256@3.2")
    with pytest.raises(UsageError, match="one set of rules"):
        get_target("coral@16")


def test_each_runtime_by_itself() -> None:
    """int8 is delegated by LiteRT alone; a version that only LiteRT knows is no reason to refuse the file there."""
    newest = replace(conv(*X), version=8)
    assert verdicts(model(conv(*X)), "litert") == ["accelerated"]
    assert verdicts(model(conv(*X)), "tflite-runtime") == ["cpu"]
    assert verdicts(model(conv(*X, dtype="float32")), "tflite-runtime") == ["accelerated"]
    assert [verdicts(model(newest), t)[0] for t in ("litert", "tflite-runtime", "tflite")] == [
        "accelerated",
        "unsupported",
        "unsupported",
    ]
    assert any("LiteRT 2.3" in a for a in check(model(conv(*X)), "tflite-runtime").advice)


def test_the_gpu_is_judged_by_documents_only() -> None:
    found = check(model(conv(*X), reduce("MEAN", X, (1, 2)), conv3d("float32")), "tflite-gpu")
    assert [o.verdict for o in found.ops] == ["accelerated", "unknown", "cpu"]
    assert (found.judged_by, found.partitions) == ("documents only, nothing was run", None)


def test_import_is_light() -> None:
    code = (
        "import sys, edgeconv.targets, edgeconv.inspection; "
        "sys.exit(any(m in sys.modules for m in ('tensorflow', 'onnx', 'numpy', 'ai_edge_litert', 'torch')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_all_accelerated() -> None:
    coverage = check(model(replace(conv(*X), macs=75), replace(conv(*X), macs=25)), "tflite")
    assert (coverage.count("accelerated"), coverage.partitions) == (2, 1)
    assert coverage.summary == "2 of 2 ops accelerated (100.0 % of the multiply-accumulates) in 1 partition."
    assert all(not o.reasons for o in coverage.ops)


def test_gravest_verdict_wins_and_all_reasons_are_told() -> None:
    (op,) = check(model(unary("AVERAGE_POOL_2D", *X, version=9, filter_height=1, filter_width=1)), "tflite").ops
    assert op.verdict == "unsupported"
    assert len(op.reasons) == 3
    assert op.reasons[0].endswith("Here: AVERAGE_POOL_2D is version 9; 2.14 goes to 3, LiteRT 2.3 to 3.")


def test_unknown_is_said() -> None:
    coverage = check(model(conv(*X), unary("CUMSUM", *X)), "tflite")
    assert [o.verdict for o in coverage.ops] == ["accelerated", "unknown"]
    assert coverage.partitions is None
    assert "not known: CUMSUM" in coverage.summary


def test_tensors_are_described() -> None:
    (op,) = check(model(conv(*X)), "tflite").ops
    assert op.inputs == ("int8 [1, 8, 8, 4]", "int8 const [4, 3, 3, 4]", "int32 const [4]")
    assert op.outputs == ("int8 [1, 8, 8, 4]",)
    assert op.bytes == 2 * 256 + 4 * 9 * 4 + 4 * 4


@pytest.mark.parametrize(
    ("ops", "partitions"),
    [
        ([conv(*X)] * 3, 1),
        ([conv(*X), pool("AVERAGE_POOL_2D", 2, 2), conv(*X)], 2),
        ([pool("AVERAGE_POOL_2D", 2, 2), conv(*X), STRIDED, conv(*X), STRIDED], 2),
        ([STRIDED], 0),
    ],
)
def test_partitions_of_a_chain(ops: list[object], partitions: int) -> None:
    assert check(model(*ops), "tflite").partitions == partitions


def test_partitions_gather_independent_branches() -> None:
    """Two branches with a refused op in the middle of each: the heads are one partition, the tails another."""
    ops = []
    for b in "ab":
        for step, op in enumerate((conv(*X), pool("AVERAGE_POOL_2D", 2, 2), conv(*X))):
            source = tensor(*X, name="clip" if step == 0 else f"{b}{step - 1}")
            ops.append(replace(op, inputs=(source, *op.inputs[1:]), outputs=(tensor(*X, name=f"{b}{step}"),)))
    summary = model(*ops, chain=False)
    assert check(summary, "tflite").partitions == 2


def test_partitions_are_not_counted_with_control_flow() -> None:
    assert check(model(conv(*X), conv(*X, subgraph=1)), "tflite").partitions is None


def test_float16_weights_are_constants() -> None:
    half = const(4, 3, 3, 4, dtype="float16")
    weights = tensor(4, 3, 3, 4, dtype="float32", name="weights")
    ends = [tensor(*X, dtype="float32", name=n) for n in "xy"]
    ops = [
        make_op("DEQUANTIZE", [half], [weights], 3),
        make_op("CONV_2D", [ends[0], weights, const(4, dtype="float32")], ends[1:]),
    ]
    assert verdicts(model(*ops, chain=False), "tflite") == ["accelerated", "accelerated"]


def test_raspberry_pi_judges_like_tflite_and_adds_its_facts() -> None:
    summary = model(conv(*X), STRIDED)
    tflite, pi = check(summary, "tflite"), check(summary, "raspberry-pi")
    assert pi.ops == tflite.ops
    assert any("glibc 2.34" in w and "Bookworm" in w for w in pi.warnings)
    assert any("32-bit" in w for w in pi.warnings)


def test_coral_cuts_once() -> None:
    coverage = check(model(conv(*X), unary("GELU", *X), conv(*X), unary("HARD_SWISH", *X)), "coral")
    assert [o.verdict for o in coverage.ops] == ["accelerated", "cpu", "cpu", "cpu"]
    assert coverage.ops[2].reasons == ("GELU 't1' (op 1) before it is not mapped, so this is not mapped either.",)
    assert "not in the table" in coverage.ops[3].reasons[0]
    assert coverage.judged_by == "predicted from the file, not compiled"


def test_coral_unknown_casts_doubt_on_what_follows() -> None:
    coverage = check(model(conv(*X), fc(1, 10, version=5), unary("TANH", *X), unary("GELU", *X), conv(*X)), "coral")
    assert [o.verdict for o in coverage.ops] == ["accelerated", "unknown", "unknown", "cpu", "cpu"]
    assert coverage.ops[2].reasons == ("It is mapped only if FULLY_CONNECTED 't1' (op 1) before it is.",)


def test_coral_quantizing_a_float_input_does_not_cut() -> None:
    quantize = make_op("QUANTIZE", [tensor(*X, dtype="float32", name="x")], [tensor(*X, name="q")])
    dequantize = make_op("DEQUANTIZE", [tensor(*X)], [tensor(*X, dtype="float32", name="y")])
    coverage = check(model(quantize, conv(*X), dequantize), "coral")
    assert [o.verdict for o in coverage.ops] == ["cpu", "accelerated", "cpu"]
    assert any("int8 inputs and outputs" in a for a in coverage.advice)


def test_coral_compiled_file() -> None:
    compiled = unary("edgetpu-custom-op", *X, custom_code="edgetpu-custom-op")
    coverage = check(model(compiled, unary("SOFTMAX", *X)), "coral")
    assert [o.verdict for o in coverage.ops] == ["accelerated", "cpu"]
    assert (coverage.partitions, coverage.warnings) == (1, ())
    assert verdicts(model(compiled), "tflite") == ["unsupported"]


def test_coral_size_warnings() -> None:
    def warned(*ops: object) -> str:
        return " ".join(check(model(*ops), "coral").warnings)

    assert "Predicted, not compiled" in warned(conv(*X))
    assert "820,800" not in warned(unary("ADD", 1, 100, 8, 1000))
    assert "820,800" in warned(unary("ADD", 1, 80, 76, 135))
    assert "MiB of about 8 MB" in warned(unary("ADD", 1, 3000, 30, 100))
    big = make_op("FULLY_CONNECTED", [tensor(1, 8000), const(1000, 8000)], [tensor(1, 1000, name="y")], 3)
    assert "6.9 to 7.7 MiB" in warned(big)


@pytest.mark.parametrize(
    ("target", "summary", "words"),
    [
        ("tflite", model(pool("AVERAGE_POOL_2D", 2, 2)), "DEPTHWISE_CONV_2D with weights 1/k²"),
        ("tflite", model(pool("AVERAGE_POOL_2D", 8, 1)), "as MEAN"),
        ("tflite", model(STRIDED), "unit slice"),
        ("tflite", model(unary("SOFTMAX", 1, 10)), "Leave SOFTMAX out"),
        ("tflite", model(unary("RELU", *X)), "Fuse a lone RELU"),
        ("tflite", model(conv3d("float32")), "Lower CONV_3D"),
        ("tflite", model(conv(-1, 8, 8, 4)), "fixed sizes"),
        ("tflite", model(replace(conv(*X, dtype="float32"), macs=9)), "Quantize to int8"),
        ("coral", model(conv(16, 8, 8, 4)), "batch 1 strip form"),
        ("coral", model(STRIDED), "convolution or pool with stride 2"),
        ("coral", model(concat(fused_activation_function="RELU")), "own RELU"),
        ("coral", model(rank("TRANSPOSE", 4)), "Leave no TRANSPOSE"),
        ("coral", model(conv3d("float32")), "Lower CONV_3D"),
        ("coral", model(unary("ADD", 1, 3000, 30, 100)), "--split backbone,head"),
    ],
)
def test_advice_names_an_action(target: str, summary: ModelSummary, words: str) -> None:
    assert any(words in a for a in check(summary, target).advice)


def test_advice_only_when_applicable() -> None:
    summary = model(conv(*X), reduce("MEAN", X, (1, 2)))
    assert check(summary, "tflite").advice == ()
    assert check(summary, "coral").advice == ()


def test_average_that_leaves_padding_out_needs_a_map_of_counts() -> None:
    same = unary("AVERAGE_POOL_2D", *X, padding="SAME", filter_height=3, filter_width=3, stride_h=1, stride_w=1)
    advice = " ".join(check(model(same), "tflite").advice)
    assert "times a constant map" in advice
    assert "weights 1/k²" not in advice


def test_float_islands_are_warned_of() -> None:
    dequantize = make_op("DEQUANTIZE", [tensor(*X, name="x")], [tensor(*X, dtype="float32", name="f")])
    quantize = make_op("QUANTIZE", [tensor(*X, dtype="float32", name="f")], [tensor(*X, name="y")])
    assert any("1 float tensors" in w for w in check(model(dequantize, quantize), "tflite").warnings)


@pytest.mark.parametrize("target", ["tflite", "coral", "tflite-runtime", "litert", "ethos-u55-64", "ethos-u65-512@4.5"])
def test_too_few_tensors_fail_a_constraint(target: str) -> None:
    for name in ("FULLY_CONNECTED", "AVERAGE_POOL_2D", "MEAN", "SPLIT", "MUL", "TRANSPOSE_CONV", "RESIZE_BILINEAR"):
        op = replace(conv(*X), op=name, inputs=(), outputs=())
        (verdict,) = check(replace(model(conv(*X)), ops=(op,)), target).ops
        assert verdict.verdict != "accelerated" or name in ("SPLIT", "MUL")


@pytest.mark.parametrize("target", target_names())
def test_empty_model(target: str) -> None:
    summary = replace(model(), format=get_target(target).formats[0])
    assert check(summary, target).ops == ()
