"""A small full-int8 TFLite file and a small 4D ONNX file, as summaries made by hand; tests bend one thing at a time."""

from __future__ import annotations

from dataclasses import replace

from edgeconv.core.report import Gate
from edgeconv.core.summary import ModelSummary, OpInfo, TensorInfo


def tensor(name: str, *shape: int, dtype: str = "int8", constant: bool = False) -> TensorInfo:
    return TensorInfo(name, shape, dtype, constant)


def op(kind: str, inputs: list[TensorInfo], output: TensorInfo, version: int = 1) -> OpInfo:
    return OpInfo(0, kind, output.name, version, tuple(inputs), (output,))


CLIP = tensor("clip", 16, 8, 8, 3)
FEATURES = tensor("features", 16, 8, 8, 4)
FLAT = tensor("flat", 1, 4096)
LOGITS = tensor("logits", 1, 5)

TFLITE = ModelSummary(
    path="m.tflite",
    format="tflite",
    bytes=1000,
    ops=(
        op(
            "CONV_2D",
            [
                CLIP,
                tensor("weights", 4, 3, 3, 3, constant=True),
                tensor("bias", 4, dtype="int32", constant=True),
            ],
            FEATURES,
            version=3,
        ),
        op("RESHAPE", [FEATURES, tensor("shape", 2, dtype="int32", constant=True)], FLAT),
        op("FULLY_CONNECTED", [FLAT, tensor("matrix", 5, 4096, constant=True)], LOGITS, version=4),
    ),
    inputs=(CLIP,),
    outputs=(LOGITS,),
)
VERSIONS = {"CONV_2D": 3, "RESHAPE": 1, "FULLY_CONNECTED": 4, "QUANTIZE": 2, "DEQUANTIZE": 2, "TRANSPOSE": 4}

ONNX = ModelSummary(
    path="m.onnx",
    format="onnx",
    bytes=1000,
    ops=(
        op(
            "Conv",
            [tensor("clip", 16, 3, 8, 8, dtype="float32"), tensor("w", 4, 3, 3, 3, dtype="float32", constant=True)],
            tensor("features", 16, 4, 8, 8, dtype="float32"),
        ),
        op(
            "Reshape",
            [
                tensor("features", 16, 4, 8, 8, dtype="float32"),
                tensor("shape", 2, dtype="int64", constant=True),
            ],
            tensor("logits", 1, 4096, dtype="float32"),
        ),
    ),
    inputs=(tensor("clip", 16, 3, 8, 8, dtype="float32"),),
    outputs=(tensor("logits", 1, 4096, dtype="float32"),),
    opset=18,
)


def with_op(model: ModelSummary, *more: OpInfo) -> ModelSummary:
    """The same file with operators in front of its last one."""
    return replace(model, ops=(*model.ops[:-1], *more, model.ops[-1]))


def failed(gates: tuple[Gate, ...]) -> dict[str, Gate]:
    """Failed gates by name without the file."""
    return {g.name.partition(": ")[2]: g for g in gates if not g.passed}
