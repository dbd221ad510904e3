"""For every constraint one op that holds it and one near miss."""

from __future__ import annotations

from dataclasses import replace

from targets_builders import const, conv, make_op, tensor, unary

from edgeconv.core.summary import OpInfo

X = (1, 8, 8, 4)
INT32 = "int32"
FLOAT = "float32"


def concat(count: int = 2, *, scale: float = 0.1, **attributes: object) -> OpInfo:
    ends = [tensor(*X, name=f"x{i}") for i in range(count)]
    return make_op("CONCATENATION", [*ends], [tensor(*X, scale=scale, name="y")], 2, **attributes)


def concat_with_constant(inputs: int, **attributes: object) -> OpInfo:
    data = [tensor(*X, name=f"x{i}") for i in range(inputs - 1)]
    return make_op("CONCATENATION", [*data, const(*X)], [tensor(*X, name="y")], 2, **attributes)


def pool(name: str, window: int, stride: int, fused: str = "NONE") -> OpInfo:
    sizes = {"filter_height": window, "filter_width": window, "stride_h": stride, "stride_w": stride}
    return unary(name, *X, padding="VALID", fused_activation_function=fused, **sizes)


def pair(name: str, left: tuple[int, ...], right: tuple[int, ...], *scales: float) -> OpInfo:
    a, b, out = scales or (0.1, 0.1, 0.1)
    rank = max(left, right, key=len)
    return make_op(
        name,
        [tensor(*left, scale=a, name="a"), tensor(*right, scale=b, name="b")],
        [tensor(*rank, scale=out, name="y")],
    )


def scaled(name: str, scale_in: float, scale_out: float, **attributes: object) -> OpInfo:
    return make_op(name, [tensor(*X, scale=scale_in, name="x")], [tensor(*X, scale=scale_out, name="y")], **attributes)


def reshape(*shapes: tuple[int, ...], **scale: float) -> OpInfo:
    ends = [tensor(*shapes[0], name="x"), tensor(*shapes[1], name="y", **scale)]
    return make_op("RESHAPE", [ends[0], const(4, dtype=INT32)], ends[1:])


def fc(*out: int, version: int = 3, weights: str = "DEFAULT") -> OpInfo:
    ends = [tensor(*out[:-1], 16, name="x"), tensor(*out, name="y")]
    return make_op("FULLY_CONNECTED", [ends[0], const(out[-1], 16)], ends[1:], version, weights_format=weights)


def reduce(name: str, shape: tuple[int, ...], axes: tuple[int, ...], scale: float = 0.1) -> OpInfo:
    ends = [tensor(*shape, name="x"), tensor(1, shape[-1], scale=scale, name="y")]
    return make_op(name, [ends[0], const(2, dtype=INT32)], ends[1:], 2, axes=axes)


def without_constant_weights(op: OpInfo) -> OpInfo:
    data, weights, bias = op.inputs
    return replace(op, inputs=(data, weights and replace(weights, constant=False), bias))


def logistic(scale: float) -> OpInfo:
    return make_op("LOGISTIC", [tensor(*X, name="x")], [tensor(*X, scale=scale, zero=-128, name="y")], 2)


def kernel(scale: float) -> OpInfo:
    ends = [tensor(*X, scale=1.0, name="x"), tensor(*X, scale=1.0, name="y")]
    return make_op("CONV_2D", [ends[0], const(4, 3, 3, 4, scale=scale), const(4, dtype=INT32)], ends[1:], 3)


def matmul(zero: int) -> OpInfo:
    ends = [tensor(*X, name="x"), tensor(1, 8, 4, 6, zero=zero, name="w"), tensor(1, 8, 8, 6, name="y")]
    return make_op("BATCH_MATMUL", ends[:2], ends[2:], 2)


def conv3d(dtype: str) -> OpInfo:
    ends = [tensor(1, 4, 8, 8, 3, dtype=dtype, name=n) for n in ("x", "y")]
    return make_op("CONV_3D", [ends[0], const(3, 3, 3, 3, 3, dtype=dtype)], ends[1:])


def split(outputs: int, axis: int = 3) -> OpInfo:
    return make_op(
        "SPLIT", [const(1, dtype=INT32), tensor(*X)], [tensor(*X, name=f"y{i}") for i in range(outputs)], 2, axis=axis
    )


def prelu(*alpha: int) -> OpInfo:
    return make_op("PRELU", [tensor(*X, name="x"), const(*alpha)], [tensor(*X, name="y")])


def pack(axis: int) -> OpInfo:
    return make_op("PACK", [tensor(8, 8, 4, name="x")], [tensor(1, 8, 8, 4, name="y")], axis=axis)


def rank(name: str, count: int, dtype: str = "int8") -> OpInfo:
    return unary(name, *[1] * (count - 1), 2, dtype=dtype)


SLICED = {"strides": (1, 1, 1, 1), "shrink_axis_mask": 0, "ellipsis_mask": 0, "new_axis_mask": 0}
PADDED = ((0, 0), (1, 1), (0, 0), (0, 0))

CASES: dict[str, tuple[OpInfo, OpInfo]] = {
    "kernels/builtin-op": (unary("ADD", 2), unary("FlexErf", 2, custom_code="FlexErf")),
    "kernels/op-version": (unary("FULLY_CONNECTED", 2, version=10), unary("FULLY_CONNECTED", 2, version=11)),
    "kernels/pad-rank": (rank("PAD", 5), rank("PAD", 6)),
    "kernels/slice-rank": (rank("SLICE", 5), rank("SLICE", 6)),
    "kernels/transpose-rank": (rank("TRANSPOSE", 6), rank("TRANSPOSE", 7)),
    "kernels/conv3d-float": (conv3d(FLOAT), conv3d("int8")),
    "kernels/mul-broadcast": (pair("MUL", (2, 3, 4, 5, 6), (5, 6)), pair("MUL", (2, 3, 4, 5, 6), (1, 1, 1, 5, 1))),
    "kernels/static-shapes": (conv(*X), conv(-1, 8, 8, 4)),
    "kernels/conv-bias": (conv(*X), replace(conv(*X), inputs=(*conv(*X).inputs[:2], None))),
    "kernels/div-type": (unary("DIV", 2, dtype=FLOAT), unary("DIV", 2)),
    "kernels/logistic-output": (logistic(1 / 256), logistic(1 / 255)),
    "kernels/reduce-quantization": (reduce("REDUCE_MAX", X, (1,)), reduce("REDUCE_MAX", X, (1,), 0.2)),
    "xnnpack/tried": (unary("TANH", 2), unary("CUMSUM", 2)),
    "xnnpack/taken": (pool("MAX_POOL_2D", 2, 2), pool("AVERAGE_POOL_2D", 2, 2)),
    "xnnpack/rank": (rank("ADD", 6), rank("ADD", 7)),
    "xnnpack/rank-load-failure": (rank("SOFTMAX", 7), rank("SOFTMAX", 7, FLOAT)),
    "xnnpack/unit-strides": (unary("STRIDED_SLICE", *X, **SLICED), unary("STRIDED_SLICE", *X, strides=(1, 2, 1, 1))),
    "xnnpack/no-shrunk-axis": (
        unary("STRIDED_SLICE", *X, **SLICED),
        unary("STRIDED_SLICE", *X, **{**SLICED, "shrink_axis_mask": 2}),
    ),
    "xnnpack/slice-sizes": (unary("SLICE", *X, size=(1, 2, 2, 4)), unary("SLICE", *X, size=(1, -1, 2, 4))),
    "xnnpack/concat-inputs": (concat(5), concat(6)),
    "xnnpack/split-outputs": (split(4), split(5)),
    "xnnpack/pool-window": (pool("MAX_POOL_2D", 2, 2), pool("MAX_POOL_2D", 2, 3)),
    "xnnpack/constant-parameters": (conv(*X), without_constant_weights(conv(*X))),
    "xnnpack/fused-activation": (
        conv(*X, fused_activation_function="RELU6"),
        conv(*X, fused_activation_function="TANH"),
    ),
    "xnnpack/equal-quantization": (concat(), concat(scale=0.2)),
    "xnnpack/reshape-quantization": (reshape(X, (1, 64, 4)), reshape(X, (1, 64, 4), scale=0.2)),
    "xnnpack/scale-ratio": (scaled("QUANTIZE", 2.0**-8, 1.0), scaled("QUANTIZE", 2.0**-9, 1.0)),
    "xnnpack/kernel-scale": (kernel(255.0), kernel(256.0)),
    "xnnpack/matmul-right": (matmul(0), matmul(-1)),
    "edgetpu/op-supported": (unary("TANH", *X), unary("GELU", *X)),
    "edgetpu/op-version": (fc(1, 10, version=4), fc(1, 10, version=5)),
    "edgetpu/eight-bit": (unary("ADD", *X, dtype="uint8"), unary("ADD", *X, dtype="int16")),
    "edgetpu/static-shapes": (unary("ADD", *X), unary("ADD", 1, -1, 8, 4)),
    "edgetpu/inner-dimensions": (unary("ADD", 1, 1, 16, 8, 4), unary("ADD", 2, 8, 8, 4)),
    "edgetpu/constant-parameters": (conv(*X), without_constant_weights(conv(*X))),
    "edgetpu/no-fused-activation": (concat(), concat(fused_activation_function="RELU")),
    "edgetpu/concat-constant": (
        concat_with_constant(2, zero_constants=(1,)),
        concat_with_constant(3, zero_constants=(2,)),
    ),
    "edgetpu/equal-dilation": (
        conv(*X, dilation_w_factor=2, dilation_h_factor=2),
        conv(*X, dilation_w_factor=1, dilation_h_factor=2),
    ),
    "edgetpu/fully-connected-weights": (fc(1, 10), fc(1, 10, weights="SHUFFLED4x16INT8")),
    "edgetpu/fully-connected-output": (fc(1, 10), fc(2, 10)),
    "edgetpu/reduce-batch": (reduce("MEAN", X, (1, 2)), reduce("MEAN", X, (0, -3))),
    "edgetpu/mean-depth": (reduce("MEAN", X, (-1,)), reduce("MEAN", (1, 8, 8, 6), (-1,))),
    "edgetpu/pack-batch": (pack(1), pack(-4)),
    "edgetpu/pad-batch": (unary("PAD", *X, paddings=PADDED), unary("PAD", *X, paddings=(PADDED[1], *PADDED[1:]))),
    "edgetpu/prelu-alpha": (prelu(1, 1, 4), prelu(8, 8, 4)),
    "edgetpu/softmax-size": (unary("SOFTMAX", 1, 16_000), unary("SOFTMAX", 1, 16_001)),
    "edgetpu/split-batch": (split(2, 1), split(2, -4)),
    "edgetpu/plain-slice": (
        unary("STRIDED_SLICE", *X, **SLICED),
        unary("STRIDED_SLICE", *X, **{**SLICED, "new_axis_mask": 1}),
    ),
    "edgetpu/transpose-rank": (rank("TRANSPOSE", 4), rank("TRANSPOSE", 5)),
}

MORE_MISSES: dict[str, list[OpInfo]] = {
    "kernels/builtin-op": [unary("DILATE", 2), unary("BUILTIN_250", 2)],
    "xnnpack/taken": [unary("ADD", 2, dtype="int16"), unary("RELU", 2), unary("SOFTMAX", 2), conv3d(FLOAT)],
    "xnnpack/tried": [unary("ADD", 2, dtype="uint8"), unary("ADD", 2, dtype="float16")],
    "xnnpack/pool-window": [pool("MAX_POOL_2D", 1, 1)],
    "xnnpack/unit-strides": [unary("STRIDED_SLICE", *X)],
    "xnnpack/scale-ratio": [
        pair("ADD", X, X, 256.0, 1.0, 1.0),
        pair("SUB", X, X, 1.0, 2.0**-11, 1.0),
        pair("MUL", X, X, 2.0**-9, 2.0**-8, 1.0),
        scaled("LEAKY_RELU", 2.0**-6, 1.0, alpha=0.2),
    ],
    "edgetpu/concat-constant": [concat_with_constant(2)],
    "edgetpu/softmax-size": [unary("SOFTMAX", 2, 10)],
    "edgetpu/transpose-unproven": [unary("TRANSPOSE", *X, perm=(0, 3, 1, 2))],
}

MORE_PASSES: dict[str, list[OpInfo]] = {
    "xnnpack/scale-ratio": [
        pair("ADD", X, X, 255.0, 2.0**-10, 1.0),
        pair("MUL", X, X, 2.0**-8, 2.0**-8, 1.0),
        scaled("LEAKY_RELU", 2.0**-5, 1.0, alpha=0.2),
    ],
    "kernels/mul-broadcast": [pair("MUL", (2, 3, 4, 5), (1, 1, 4, 1)), pair("MUL", (1, 3, 4, 5, 6), (1, 1, 1, 1, 6))],
    "edgetpu/reduce-batch": [reduce("MEAN", (1, 8), (0,))],
}
