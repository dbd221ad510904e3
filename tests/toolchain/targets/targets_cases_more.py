"""Pairs of the constraints of Ethos-U, tflite-runtime, LiteRT, ONNX Runtime and the GPU delegate."""

from __future__ import annotations

from dataclasses import replace

from targets_builders import const, conv, make_op, tensor, unary
from targets_cases import FLOAT, PADDED, X, conv3d, matmul, pair, pool, rank, reduce, scaled

from edgeconv.core.summary import OpInfo, TensorInfo

WIDE = {"stride_h": 4, "stride_w": 4}


def resize(name: str, out: tuple[int, ...], batch: int = 1, **options: object) -> OpInfo:
    ends = [tensor(batch, 8, 8, 4, name="x"), tensor(batch, *out, 4, name="y")]
    return make_op(name, [ends[0], const(2, dtype="int32")], ends[1:], **options)


def up(out: int, stride: int, padding: str = "SAME") -> OpInfo:
    ends = [tensor(*X, name="x"), tensor(1, out, out, 6, name="y")]
    inputs = [const(4, dtype="int32"), const(6, 3, 3, 4), ends[0], const(6, dtype="int32")]
    return make_op("TRANSPOSE_CONV", inputs, ends[1:], padding=padding, stride_h=stride, stride_w=stride)


def with_weights(op: OpInfo, weights: TensorInfo) -> OpInfo:
    return replace(op, inputs=(op.inputs[0], weights, *op.inputs[2:]))


def with_bias(op: OpInfo, bias: TensorInfo) -> OpInfo:
    return replace(op, inputs=(*op.inputs[:2], bias))


def window(name: str, height: int, width: int, padding: str = "VALID", **options: object) -> OpInfo:
    return unary(name, 1, 300, 8, 4, filter_height=height, filter_width=width, padding=padding, **options)


def per_channel(name: str) -> OpInfo:
    op = unary(name, *X)
    return replace(op, outputs=(replace(op.outputs[0], scales=(0.1, 0.2, 0.3, 0.4)),))


def sliced(*strides: int) -> OpInfo:
    return unary("STRIDED_SLICE", *range(2, 2 + len(strides)), strides=strides)


def moved(shape: tuple[int, ...], *perm: int) -> OpInfo:
    return unary("TRANSPOSE", *shape, perm=perm)


def parameter(*, constant: bool) -> OpInfo:
    return make_op("PAD", [tensor(*X), replace(const(4, 2, dtype="int32"), constant=constant)], [tensor(*X, name="y")])


def view(name: str, scale: float) -> OpInfo:
    return scaled(name, 0.1, scale)


def tanh_without_scale(*, bare: bool) -> OpInfo:
    op = unary("TANH", *X)
    return replace(op, outputs=(replace(op.outputs[0], scales=() if bare else (0.1,)),))


SAME_IN_BOTH: dict[str, tuple[OpInfo, OpInfo]] = {
    "per-axis": (per_channel("CONV_2D"), per_channel("ADD")),
    "weight-type": (conv(*X), with_weights(conv(*X), const(4, 3, 3, 4, dtype="int16"))),
    "average-window": (window("AVERAGE_POOL_2D", 256, 8), window("AVERAGE_POOL_2D", 257, 8)),
    "max-window": (window("MAX_POOL_2D", 256, 8), window("MAX_POOL_2D", 257, 8)),
    "mean-depth": (reduce("MEAN", (1, 1, 8, 4), (3,)), reduce("MEAN", (1, 2, 8, 4), (3,))),
    "view-quantization": (view("RESHAPE", 0.1), view("RESHAPE", 0.2)),
    "extreme-quantization": (pair("MAXIMUM", X, X), pair("MAXIMUM", X, X, 0.1, 0.1, 0.2)),
    "slice-stride": (sliced(1, 2, 2, 1), sliced(1, 1, 1, 2)),
    "resize-factor": (resize("RESIZE_BILINEAR", (32, 32)), resize("RESIZE_BILINEAR", (24, 24))),
    "up-stride": (up(16, 2), up(24, 3)),
    "table-types": (unary("RSQRT", *X), unary("RSQRT", *X, dtype="uint8")),
    "main-graph": (conv(*X), conv(*X, subgraph=1)),
    "tried": (unary("TANH", *X), unary("ARG_MAX", *X)),
}
"""Rules that the cores of Vela 4 and Vela 5 share."""

MORE_CASES: dict[str, tuple[OpInfo, OpInfo]] = {
    **{f"{core}/{name}": case for core in ("vela4", "vela5") for name, case in SAME_IN_BOTH.items()},
    "edgetpu/one-subgraph": (conv(*X), conv(*X, subgraph=1)),
    "vela5/op-table-u55": (unary("GELU", *X), unary("DIV", *X)),
    "vela5/op-table-u85": (unary("DIV", *X), unary("SQRT", *X)),
    "vela5/ends": (unary("ADD", *X), replace(unary("ADD", *X), inputs=())),
    "vela5/feature-types": (unary("ADD", *X, dtype="int32"), unary("ADD", *X, dtype=FLOAT)),
    "vela5/static-shapes": (unary("ADD", *X), unary("ADD", 1, -1, 8, 4)),
    "vela5/no-32-bit": (unary("ADD", *X, dtype="int32"), unary("TANH", *X, dtype="int32")),
    "vela5/wide-stride": (conv(*X, padding="VALID", **WIDE), conv(*X, padding="SAME", **WIDE)),
    "vela5/depthwise-stride": (
        unary("DEPTHWISE_CONV_2D", *X, stride_h=3, stride_w=3),
        unary("DEPTHWISE_CONV_2D", *X, **WIDE),
    ),
    "vela5/bias": (conv(*X), with_bias(conv(*X), tensor(4, dtype="int32"))),
    "vela5/mean-batch": (reduce("MEAN", (1, 1, 8, 8, 4), (2, 3)), reduce("MEAN", (2, 8, 8, 4), (1, 2))),
    "vela5/mean-axis": (reduce("MEAN", (1, 2, 4096, 4), (1, 2)), reduce("MEAN", (1, 2, 4097, 4), (1, 2))),
    "vela5/mean-elements": (reduce("MEAN", (1, 4096, 4096, 4), (1, 2)), reduce("MEAN", (1, 4097, 4096, 4), (1, 2))),
    "vela5/constant-parameters": (parameter(constant=True), parameter(constant=False)),
    "vela5/softmax-size": (unary("SOFTMAX", 1, 255, 257, 4), unary("SOFTMAX", 1, 256, 256, 4)),
    "vela5/resize-power": (resize("RESIZE_BILINEAR", (16, 32)), resize("RESIZE_BILINEAR", (16, 24))),
    "vela5/resize-batch": (resize("RESIZE_BILINEAR", (16, 16)), resize("RESIZE_BILINEAR", (16, 16), 2)),
    "vela5/up-size": (up(17, 2, "VALID"), up(17, 2, "SAME")),
    "vela5/matmul-type": (matmul(0), replace(matmul(0), inputs=(tensor(*X, dtype="int16"), *matmul(0).inputs[1:]))),
    "vela5/gather-axis": (unary("GATHER", *X, axis=1, batch_dims=1), unary("GATHER", *X, axis=1, batch_dims=0)),
    "vela4/op-table": (unary("TANH", *X), unary("GELU", *X)),
    "vela4/op-table-u85": (unary("DIV", *X), unary("GELU", *X)),
    "vela4/feature-types": (unary("ADD", *X, dtype="int32"), unary("TANH", *X, dtype="int32")),
    "vela4/quantized": (tanh_without_scale(bare=False), tanh_without_scale(bare=True)),
    "vela4/rank": (rank("ADD", 4), rank("ADD", 5)),
    "vela4/batch": (unary("RESHAPE", 2, 8, 8, 4), unary("ADD", 2, 8, 8, 4)),
    "vela4/dimensions": (unary("ADD", 1, 1, 65535, 1), unary("ADD", 1, 1, 65536, 1)),
    "vela4/fused-activation": (
        conv(*X, fused_activation_function="TANH"),
        conv(*X, fused_activation_function="SIGN_BIT"),
    ),
    "vela4/conv-stride": (conv(1, 8, 8, 4, stride_h=3, stride_w=4), conv(1, 8, 8, 4, stride_h=4, stride_w=3)),
    "vela4/kernel-size": (
        with_weights(conv(*X), const(4, 64, 64, 4)),
        with_weights(conv(*X), const(4, 65, 1, 4)),
    ),
    "vela4/short-stride": (unary("MAX_POOL_2D", *X, stride_h=3, stride_w=3), unary("MAX_POOL_2D", *X, **WIDE)),
    "vela4/depth-multiplier": (
        make_op("DEPTHWISE_CONV_2D", [tensor(1, 8, 8, 1)], [tensor(1, 8, 8, 2)], depth_multiplier=2),
        make_op("DEPTHWISE_CONV_2D", [tensor(1, 8, 8, 3)], [tensor(1, 8, 8, 6)], depth_multiplier=2),
    ),
    "vela4/mean-width": (reduce("MEAN", (1, 2, 4096, 4), (1,)), reduce("MEAN", (1, 2, 4097, 4), (1,))),
    "vela4/pad-rank": (unary("PAD", *X, paddings=PADDED), unary("PAD", 8, 4, paddings=PADDED[:2])),
    "vela4/pad-batch": (unary("PAD", *X, paddings=PADDED), unary("PAD", *X, paddings=(PADDED[1], *PADDED[1:]))),
    "vela4/constant-parameters": (
        replace(parameter(constant=True), op="SLICE"),
        replace(parameter(constant=False), op="SLICE"),
    ),
    "vela4/permutation": (moved(X, 0, 2, 1, 3), moved(X, 0, 3, 1, 2)),
    "vela4/one-side-broadcast": (pair("ADD", X, (1, 1, 1, 4)), replace(pair("ADD", (1, 8, 1, 4), (1, 1, 8, 4)),
                                                                      outputs=(tensor(*X, name="y"),))),
    "runtime14/float-only": (unary("ADD", *X, dtype=FLOAT), unary("ADD", *X)),
    "runtime14/tried": (unary("ADD", *X, dtype=FLOAT), unary("ADD", *X, dtype="float16")),
    "runtime14/taken": (unary("SQRT", *X, dtype=FLOAT), unary("RSQRT", *X, dtype=FLOAT)),
    "runtime14/mean-axes": (reduce("MEAN", X, (1, -2)), reduce("MEAN", X, (1,))),
    "litert/builtin-op": (unary("DILATE", 2), unary("FlexErf", 2, custom_code="FlexErf")),
    "litert/op-version": (unary("FULLY_CONNECTED", 2, version=14), unary("FULLY_CONNECTED", 2, version=15)),
    "onnxruntime/domain": (unary("Conv", *X, dtype=FLOAT), unary("MyOp", *X, dtype=FLOAT, version=0)),
    "onnxruntime/opset": (unary("Conv", *X, version=21), unary("Conv", *X, version=22)),
    "onnxruntime/tried": (unary("Conv", *X), unary("Loop", *X)),
    "onnxruntime/types": (unary("Conv", *X), unary("Conv", *X, dtype="float16")),
    "onnxruntime/static-shapes": (unary("Conv", *X), unary("Conv", -1, 8, 8, 4)),
    "gpu/documented": (pool("AVERAGE_POOL_2D", 2, 2), reduce("MEAN", X, (1, 2))),
    "gpu/rank": (rank("ADD", 4), rank("ADD", 5)),
    "gpu/types": (unary("ADD", *X, dtype="float16"), unary("ADD", *X, dtype="int32")),
}  # fmt: skip

ALSO_MISSED: dict[str, list[OpInfo]] = {
    "gpu/no-conv3d": [conv3d(FLOAT)],
    "vela4/tile": [unary("TILE", *X)],
    "vela4/view-quantization": [view("SQUEEZE", 0.2)],
    "vela4/slice-stride": [sliced(2, 1, 1, 1), unary("STRIDED_SLICE", *X)],
    "vela4/conv-stride": [
        window("AVERAGE_POOL_2D", 4, 4, "SAME", stride_h=1, stride_w=4),
        conv(1, 8, 7, 4, stride_h=1, stride_w=4),
    ],
    "vela4/permutation": [moved((2, 8, 8, 4), 1, 0, 2, 3), unary("TRANSPOSE", 8, 4)],
    "vela5/wide-stride": [conv(*X, padding="VALID", dilation_h_factor=2, **WIDE)],
    "vela5/average-window": [window("AVERAGE_POOL_2D", 9, 3, "SAME")],
    "vela5/slice-stride": [sliced(1, 2, 1, 1, 1), sliced(2, 1, 1, 1), unary("STRIDED_SLICE", *X)],
    "vela5/resize-factor": [resize("RESIZE_BILINEAR", (32, 32), half_pixel_centers=True)],
}
