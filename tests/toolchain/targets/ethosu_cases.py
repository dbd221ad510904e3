"""The operators that Vela judges: every form the lowering emits, and both sides of every limit."""

from __future__ import annotations

from ethosu_ops import Const, Data, Shape, Single


def ints(*values: object) -> Const:
    flat = list(values)
    shape = (len(flat), 2) if flat and isinstance(flat[0], tuple) else (len(flat),)
    return Const(shape, "int32", flat)


def _conv(x: Shape, out: Shape, kernel: tuple[int, int] = (3, 3), stride: tuple[int, int] = (1, 1), *,
          padding: str = "SAME", dilation: tuple[int, int] = (1, 1), depthwise: bool = False, dtype: str = "int8",
          fused: str = "NONE") -> Single:  # fmt: skip
    options = {"padding": padding, "strideH": stride[0], "strideW": stride[1], "dilationHFactor": dilation[0],
               "dilationWFactor": dilation[1], "fusedActivationFunction": fused}  # fmt: skip
    weights = Const((1, *kernel, out[-1]) if depthwise else (out[-1], *kernel, x[-1]))
    inputs = [Data(x, dtype), weights, Const((out[-1],), "int64" if dtype == "int16" else "int32")]
    if depthwise:
        options["depthMultiplier"] = out[-1] // x[-1]
        return Single("DEPTHWISE_CONV_2D", inputs, out, "DepthwiseConv2DOptions", options, dtype=dtype)
    return Single("CONV_2D", inputs, out, "Conv2DOptions", options, dtype=dtype)


def _pool(kind: str, x: Shape, out: Shape, window: tuple[int, int], stride: tuple[int, int], padding: str = "VALID",
          dtype: str = "int8") -> Single:  # fmt: skip
    options = {"padding": padding, "filterHeight": window[0], "filterWidth": window[1], "strideH": stride[0],
               "strideW": stride[1]}  # fmt: skip
    return Single(kind, [Data(x, dtype)], out, "Pool2DOptions", options, dtype=dtype)


def _pad(x: Shape, *pads: tuple[int, int], dtype: str = "int8") -> Single:
    out = tuple(d + before + after for d, (before, after) in zip(x, pads, strict=True))
    return Single("PAD", [Data(x, dtype), ints(*pads)], out, "PadOptions", dtype=dtype)


def _slice(x: Shape, begin: Shape, end: Shape, strides: Shape, dtype: str = "int8") -> Single:
    out = tuple(-(-(e - b) // s) for b, e, s in zip(begin, end, strides, strict=True))
    inputs = [Data(x, dtype), ints(*begin), ints(*end), ints(*strides)]
    return Single("STRIDED_SLICE", inputs, out, "StridedSliceOptions", dtype=dtype)


def _pair(kind: str, a: Shape, b: Shape, out: Shape, table: str | None = None, scale: float = 0.05,
          dtype: str = "int8") -> Single:  # fmt: skip
    return Single(kind, [Data(a, dtype), Data(b, dtype)], out, table, scale=scale, dtype=dtype)


def _concat(axis: int, out: Shape, *parts: Shape, scale: float = 0.05) -> Single:
    return Single("CONCATENATION", [Data(p) for p in parts], out, "ConcatenationOptions", {"axis": axis}, scale=scale)


def _mean(x: Shape, out: Shape, *axes: int, keep: bool = True, dtype: str = "int8") -> Single:
    return Single("MEAN", [Data(x, dtype), ints(*axes)], out, "ReducerOptions", {"keepDims": keep}, dtype=dtype)


def _view(x: Shape, out: Shape, scale: float = 0.05, dtype: str = "int8") -> Single:
    return Single("RESHAPE", [Data(x, dtype), ints(*out)], out, "ReshapeOptions", scale=scale, dtype=dtype)


def _move(x: Shape, *perm: int) -> Single:
    return Single("TRANSPOSE", [Data(x), ints(*perm)], tuple(x[p] for p in perm), "TransposeOptions")


def _dense(x: Shape, out: Shape, keep: bool = False) -> Single:
    inputs = [Data(x), Const((out[-1], x[-1])), Const((out[-1],), "int32")]
    return Single("FULLY_CONNECTED", inputs, out, "FullyConnectedOptions", {"keepNumDims": keep})


def _lone(kind: str, x: Shape, scale: float = 0.05, zero: int = 0, table: str | None = None, dtype: str = "int8",
          **options: object) -> Single:  # fmt: skip
    return Single(kind, [Data(x, dtype)], x, table, options, scale=scale, zero=zero, dtype=dtype)


def _resize(kind: str, x: Shape, out: Shape, **options: bool) -> Single:
    return Single(kind, [Data(x), ints(*out[1:3])], out, f"Resize{kind}Options", options)


def _bilinear(x: Shape, out: Shape, **options: bool) -> Single:
    return Single("RESIZE_BILINEAR", [Data(x), ints(*out[1:3])], out, "ResizeBilinearOptions", options)


def _nearest(x: Shape, out: Shape, **options: bool) -> Single:
    return Single("RESIZE_NEAREST_NEIGHBOR", [Data(x), ints(*out[1:3])], out, "ResizeNearestNeighborOptions", options)


def _up(x: Shape, out: Shape, kernel: tuple[int, int], stride: tuple[int, int], padding: str) -> Single:
    inputs = [ints(*out), Const((out[-1], *kernel, x[-1])), Data(x), Const((out[-1],), "int32")]
    options = {"padding": padding, "strideH": stride[0], "strideW": stride[1]}
    return Single("TRANSPOSE_CONV", inputs, out, "TransposeConvOptions", options)


X = (1, 12, 10, 8)
B = (3, 12, 10, 8)

CASES: dict[str, Single] = {
    "conv": _conv(X, (1, 12, 10, 16)),
    "conv_batch": _conv(B, (3, 12, 10, 16)),
    "conv_strip": _conv((1, 39, 10, 8), (1, 39, 10, 16)),
    "conv_temporal": _conv((1, 6, 120, 8), (1, 6, 120, 16), (3, 1)),
    "conv_temporal_batch": _conv((2, 6, 120, 8), (2, 6, 120, 16), (3, 1)),
    "conv_valid": _conv(X, (1, 10, 8, 16), padding="VALID"),
    "conv_stride2": _conv(X, (1, 6, 5, 16), stride=(2, 2)),
    "conv_stride2_1": _conv(X, (1, 6, 10, 16), (2, 1), (2, 1), padding="VALID"),
    "conv_stride3": _conv(X, (1, 4, 4, 16), stride=(3, 3)),
    "conv_stride4_same": _conv(X, (1, 3, 3, 16), stride=(4, 4)),
    "conv_stride4_valid": _conv(X, (1, 3, 2, 16), stride=(4, 4), padding="VALID"),
    "conv_stride_w4": _conv((1, 12, 16, 8), (1, 12, 4, 16), (3, 3), (1, 4)),
    "conv_stride_w4_valid": _conv((1, 12, 16, 8), (1, 10, 4, 16), (3, 3), (1, 4), padding="VALID"),
    "conv_stride_w5_valid": _conv((1, 12, 16, 8), (1, 10, 3, 16), (3, 3), (1, 5), padding="VALID"),
    "conv_stride4_one_row": _conv((1, 3, 16, 8), (1, 1, 4, 16), (3, 3), (4, 4), padding="VALID"),
    "conv_dilated": _conv(X, (1, 12, 10, 16), dilation=(2, 2)),
    "conv_dilated_stride4": _conv((1, 16, 16, 8), (1, 3, 3, 16), (3, 3), (4, 4), padding="VALID", dilation=(2, 2)),
    "conv_tall_64": _conv((1, 70, 10, 8), (1, 70, 10, 16), (64, 1)),
    "conv_tall_65": _conv((1, 70, 10, 8), (1, 70, 10, 16), (65, 1)),
    "conv_wide_product": _conv((1, 70, 70, 8), (1, 70, 70, 4), (64, 64)),
    "conv_wide_product_over": _conv((1, 70, 70, 8), (1, 70, 70, 4), (64, 65)),
    "conv_int16": _conv(X, (1, 12, 10, 16), dtype="int16"),
    "conv_relu": _conv(X, (1, 12, 10, 16), fused="RELU"),
    "conv_side_65536": _conv((1, 2, 65536, 1), (1, 2, 65536, 2), (1, 1)),
    "depthwise": _conv(X, X, depthwise=True),
    "depthwise_batch": _conv(B, B, depthwise=True),
    "depthwise_stride3": _conv(X, (1, 4, 4, 8), stride=(3, 3), depthwise=True),
    "depthwise_stride4": _conv(X, (1, 3, 3, 8), stride=(4, 4), depthwise=True),
    "depthwise_multiplier": _conv(X, (1, 12, 10, 16), depthwise=True),
    "depthwise_multiplier_one": _conv((1, 12, 10, 1), (1, 12, 10, 4), depthwise=True),
    "max_pool": _pool("MAX_POOL_2D", X, (1, 6, 5, 8), (2, 2), (2, 2)),
    "max_pool_batch": _pool("MAX_POOL_2D", B, (3, 6, 5, 8), (2, 2), (2, 2)),
    "max_pool_same": _pool("MAX_POOL_2D", X, (1, 6, 5, 8), (3, 3), (2, 2), "SAME"),
    "max_pool_stride4": _pool("MAX_POOL_2D", X, (1, 3, 2, 8), (4, 4), (4, 4)),
    "max_pool_stride4_same": _pool("MAX_POOL_2D", X, (1, 3, 3, 8), (4, 4), (4, 4), "SAME"),
    "max_pool_256": _pool("MAX_POOL_2D", (1, 300, 4, 8), (1, 45, 4, 8), (256, 1), (1, 1)),
    "max_pool_257": _pool("MAX_POOL_2D", (1, 300, 4, 8), (1, 44, 4, 8), (257, 1), (1, 1)),
    "average": _pool("AVERAGE_POOL_2D", X, (1, 6, 5, 8), (2, 2), (2, 2)),
    "average_batch": _pool("AVERAGE_POOL_2D", B, (3, 6, 5, 8), (2, 2), (2, 2)),
    "average_same_8": _pool("AVERAGE_POOL_2D", X, X, (8, 8), (1, 1), "SAME"),
    "average_same_9": _pool("AVERAGE_POOL_2D", X, X, (9, 3), (1, 1), "SAME"),
    "average_all": _pool("AVERAGE_POOL_2D", X, (1, 1, 1, 8), (12, 10), (1, 1)),
    "average_257": _pool("AVERAGE_POOL_2D", (1, 300, 4, 8), (1, 44, 4, 8), (257, 1), (1, 1)),
    "average_stride4": _pool("AVERAGE_POOL_2D", X, (1, 3, 2, 8), (4, 4), (4, 4)),
    "pad_hw": _pad(X, (0, 0), (1, 1), (1, 2), (0, 0)),
    "pad_depth": _pad(X, (0, 0), (0, 0), (0, 0), (0, 3)),
    "pad_batch_axis": _pad(X, (1, 1), (0, 0), (0, 0), (0, 0)),
    "pad_batch": _pad(B, (0, 0), (1, 1), (0, 0), (0, 0)),
    "pad_strip": _pad((1, 3, 120, 8), (0, 0), (0, 0), (0, 10), (0, 0)),
    "pad_3d": _pad((3, 120, 8), (0, 0), (0, 10), (0, 0)),
    "pad_2d": _pad((3, 8), (0, 0), (1, 0)),
    "pad_5d": _pad((1, 3, 12, 10, 8), (0, 0), (1, 1), (0, 0), (0, 0), (0, 0)),
    "pad_int32": _pad(X, (0, 0), (1, 1), (1, 2), (0, 0), dtype="int32"),
    "slice_unit": _slice((1, 6, 120, 8), (0, 1, 0, 0), (1, 5, 120, 8), (1, 1, 1, 1)),
    "slice_batch_axis": _slice(B, (1, 0, 0, 0), (3, 12, 10, 8), (1, 1, 1, 1)),
    "slice_stride_h": _slice(X, (0, 0, 0, 0), (1, 12, 10, 8), (1, 2, 1, 1)),
    "slice_stride_w": _slice(X, (0, 0, 0, 0), (1, 12, 10, 8), (1, 1, 2, 1)),
    "slice_stride_c": _slice(X, (0, 0, 0, 0), (1, 12, 10, 8), (1, 1, 1, 2)),
    "slice_stride_n": _slice(B, (0, 0, 0, 0), (3, 12, 10, 8), (2, 1, 1, 1)),
    "slice_stride_3d": _slice((12, 10, 8), (0, 0, 0), (12, 10, 8), (2, 1, 1)),
    "slice_5d": _slice((1, 6, 12, 10, 8), (0, 1, 0, 0, 0), (1, 5, 12, 10, 8), (1, 1, 1, 1, 1)),
    "slice_5d_stride_t": _slice((1, 6, 12, 10, 8), (0, 0, 0, 0, 0), (1, 6, 12, 10, 8), (1, 2, 1, 1, 1)),
    "slice_5d_stride_h": _slice((1, 6, 12, 10, 8), (0, 0, 0, 0, 0), (1, 6, 12, 10, 8), (1, 1, 2, 1, 1)),
    "slice_int32": _slice(X, (0, 1, 0, 0), (1, 5, 10, 8), (1, 1, 1, 1), "int32"),
    "concat_depth": _concat(3, (1, 12, 10, 16), X, X),
    "concat_height": _concat(1, (1, 24, 10, 8), X, X),
    "concat_batch_axis": _concat(0, (6, 12, 10, 8), B, B),
    "concat_batch": _concat(3, (3, 12, 10, 16), B, B),
    "concat_5d": _concat(1, (1, 6, 12, 10, 8), (1, 3, 12, 10, 8), (1, 3, 12, 10, 8)),
    "concat_rescaled": _concat(3, (1, 12, 10, 16), X, X, scale=0.1),
    "mean_hw": _mean(X, (1, 1, 1, 8), 1, 2),
    "mean_h": _mean(X, (1, 1, 10, 8), 1),
    "mean_w": _mean(X, (1, 12, 1, 8), 2),
    "mean_depth": _mean(X, (1, 12, 10, 1), 3),
    "mean_depth_one": _mean((1, 1, 10, 8), (1, 1, 10, 1), 3),
    "mean_batch": _mean(B, (3, 1, 1, 8), 1, 2),
    "mean_batch_axis": _mean(B, (1, 12, 10, 8), 0),
    "mean_5d": _mean((1, 3, 7, 5, 8), (1, 1, 1, 1, 8), 1, 2, 3),
    "mean_w_4096": _mean((1, 2, 4096, 8), (1, 1, 1, 8), 1, 2),
    "mean_w_4097": _mean((1, 2, 4097, 8), (1, 1, 1, 8), 1, 2),
    "mean_2d": _mean((12, 8), (1, 8), 0),
    "mean_3d": _mean((12, 10, 8), (1, 1, 8), 0, 1),
    "mean_flat": _mean((1, 16, 49, 8), (1, 8), 1, 2, keep=False),
    "reshape_4d": _view((1, 30, 10, 8), (1, 3, 100, 8)),
    "reshape_batch": _view((1, 30, 10, 8), (3, 10, 10, 8)),
    "reshape_5d": _view((1, 3, 10, 10, 8), (1, 3, 100, 8)),
    "reshape_rescaled": _view((1, 30, 10, 8), (1, 3, 100, 8), 0.1),
    "reshape_int32": _view((1, 30, 10, 8), (1, 3, 100, 8), dtype="int32"),
    "transpose_hw": _move(X, 0, 2, 1, 3),
    "transpose_nchw": _move(X, 0, 3, 1, 2),
    "transpose_batch": _move(B, 0, 3, 1, 2),
    "transpose_2d": _move((12, 8), 1, 0),
    "transpose_3d": _move((12, 10, 8), 1, 0, 2),
    "transpose_3d_last": _move((12, 10, 8), 0, 2, 1),
    "transpose_one_row": _move((1, 1, 10, 8), 0, 1, 3, 2),
    "transpose_5d": _move((1, 3, 12, 10, 8), 0, 4, 1, 2, 3),
    "dense": _dense((1, 16), (1, 10)),
    "dense_batch": _dense((3, 16), (3, 10)),
    "dense_3d": _dense((1, 5, 16), (1, 5, 10), True),
    "add": _pair("ADD", X, X, X, "AddOptions"),
    "add_batch": _pair("ADD", B, B, B, "AddOptions"),
    "add_broadcast": _pair("ADD", X, (1, 1, 1, 8), X, "AddOptions"),
    "add_both_broadcast": _pair("ADD", (1, 12, 1, 8), (1, 1, 10, 8), X, "AddOptions"),
    "add_5d": _pair("ADD", (1, 3, 12, 10, 8), (1, 3, 12, 10, 8), (1, 3, 12, 10, 8), "AddOptions"),
    "add_int32": _pair("ADD", X, X, X, "AddOptions", dtype="int32"),
    "sub": _pair("SUB", X, X, X, "SubOptions"),
    "mul": _pair("MUL", X, (1, 1, 1, 8), X, "MulOptions"),
    "mul_rows": _pair("MUL", X, (1, 12, 1, 1), X, "MulOptions"),
    "mul_batch": _pair("MUL", B, (3, 1, 1, 8), B, "MulOptions"),
    "maximum": _pair("MAXIMUM", X, X, X, "MaximumMinimumOptions"),
    "maximum_rescaled": _pair("MAXIMUM", X, X, X, "MaximumMinimumOptions", 0.1),
    "minimum": _pair("MINIMUM", X, X, X, "MaximumMinimumOptions"),
    "squared_difference": _pair("SQUARED_DIFFERENCE", X, X, X, "SquaredDifferenceOptions"),
    "div": _pair("DIV", X, X, X, "DivOptions"),
    "relu": _lone("RELU", X),
    "relu6": _lone("RELU6", X),
    "relu_batch": _lone("RELU", B),
    "leaky_relu": _lone("LEAKY_RELU", X, table="LeakyReluOptions", alpha=0.1),
    "hard_swish": _lone("HARD_SWISH", X, table="HardSwishOptions"),
    "logistic": _lone("LOGISTIC", X, 1 / 256, -128),
    "tanh": _lone("TANH", X, 1 / 128),
    "gelu": _lone("GELU", X, table="GeluOptions"),
    "elu": _lone("ELU", X),
    "exp": _lone("EXP", X, table="ExpOptions"),
    "log": _lone("LOG", X),
    "sqrt": _lone("SQRT", X),
    "rsqrt": _lone("RSQRT", X),
    "neg": _lone("NEG", X, table="NegOptions"),
    "abs": _lone("ABS", X, table="AbsOptions"),
    "softmax": _lone("SOFTMAX", (1, 10), 1 / 256, -128, "SoftmaxOptions", beta=1.0),
    "softmax_batch": _lone("SOFTMAX", (3, 10), 1 / 256, -128, "SoftmaxOptions", beta=1.0),
    "prelu": Single("PRELU", [Data(X), Const((1, 1, 8))], X),
    "quantize": _lone("QUANTIZE", X, 0.1, table="QuantizeOptions"),
    "float_add": _pair("ADD", X, X, X, "AddOptions", dtype="float32"),
    "gather": Single("GATHER", [Data(X), ints(0, 2)], (1, 2, 10, 8), "GatherOptions", {"axis": 1}),
    "tile": Single("TILE", [Data(X), ints(1, 2, 1, 1)], (1, 24, 10, 8), "TileOptions"),
    "sum": Single("SUM", [Data(X), ints(1, 2)], (1, 1, 1, 8), "ReducerOptions", {"keepDims": True}),
    "reduce_max": Single("REDUCE_MAX", [Data(X), ints(1, 2)], (1, 1, 1, 8), "ReducerOptions", {"keepDims": True}),
    "split": Single("SPLIT", [Const((), "int32", [3]), Data(X)], (1, 12, 10, 4), "SplitOptions", {"numSplits": 2},
                    outputs=2),
    "slice": Single("SLICE", [Data(X), ints(0, 1, 0, 0), ints(1, 5, 10, 8)], (1, 5, 10, 8), "SliceOptions"),
    "squeeze": Single("SQUEEZE", [Data(X)], X[1:], "SqueezeOptions", {"squeezeDims": [0]}),
    "expand_dims": Single("EXPAND_DIMS", [Data(X[1:]), ints(0)], X, "ExpandDimsOptions"),
    "pack": Single("PACK", [Data(X[1:]), Data(X[1:])], (2, 12, 10, 8), "PackOptions", {"valuesCount": 2, "axis": 0}),
    "unpack": Single("UNPACK", [Data((2, 12, 10, 8))], X[1:], "UnpackOptions", {"num": 2, "axis": 0}, outputs=2),
    "mirror_pad": Single("MIRROR_PAD", [Data(X), ints((0, 0), (1, 1), (1, 1), (0, 0))], (1, 14, 12, 8),
                         "MirrorPadOptions", {"mode": "REFLECT"}),
    "bilinear_2": _bilinear(X, (1, 24, 20, 8)),
    "bilinear_3": _bilinear(X, (1, 36, 30, 8)),
    "bilinear_half_2": _bilinear(X, (1, 24, 20, 8), halfPixelCenters=True),
    "bilinear_half_4": _bilinear(X, (1, 48, 40, 8), halfPixelCenters=True),
    "nearest_2": _nearest(X, (1, 24, 20, 8)),
    "nearest_batch": _nearest(B, (3, 24, 20, 8)),
    "transpose_conv_2": _up(X, (1, 24, 20, 6), (2, 2), (2, 2), "SAME"),
    "transpose_conv_3": _up(X, (1, 36, 30, 6), (3, 3), (3, 3), "SAME"),
    "transpose_conv_batch": _up(B, (3, 24, 20, 6), (2, 2), (2, 2), "SAME"),
    "transpose_conv_valid": _up(X, (1, 25, 21, 6), (3, 3), (2, 2), "VALID"),
    "bilinear_batch": _bilinear(B, (3, 24, 20, 8)),
    "bilinear_corners": _bilinear((1, 5, 6, 8), (1, 9, 11, 8), alignCorners=True),
    "bilinear_one_side": _bilinear(X, (1, 24, 10, 8)),
    "nearest_3": _nearest(X, (1, 36, 30, 8)),
    "sum_batch": Single(
        "SUM", [Data(B), ints(1, 2)], (3, 1, 1, 8), "ReducerOptions", {"keepDims": True}
    ),
    "reduce_max_batch": Single(
        "REDUCE_MAX", [Data(B), ints(1, 2)], (3, 1, 1, 8), "ReducerOptions", {"keepDims": True}
    ),
    "prelu_batch": Single("PRELU", [Data(B), Const((1, 1, 8))], B),
    "logistic_batch": _lone("LOGISTIC", B, 1 / 256, -128),
    "leaky_relu_5d": _lone("LEAKY_RELU", (1, 3, 4, 5, 8), table="LeakyReluOptions", alpha=0.1),
    "softmax_5d": _lone("SOFTMAX", (1, 3, 4, 5, 8), 1 / 256, -128, "SoftmaxOptions", beta=1.0),
    "conv_stride_2_4_one_column": _conv((1, 12, 3, 8), (1, 6, 1, 16), (3, 3), (2, 4), padding="VALID"),
    "batch_matmul": _pair("BATCH_MATMUL", (1, 1, 10, 8), (1, 1, 8, 6), (1, 1, 10, 6), "BatchMatMulOptions"),
    "depth_to_space": Single("DEPTH_TO_SPACE", [Data(X)], (1, 24, 20, 2), "DepthToSpaceOptions", {"blockSize": 2}),
    "log_softmax": _lone("LOG_SOFTMAX", (1, 10), 16 / 256, 127, "LogSoftmaxOptions"),
    "cumsum": Single("CUMSUM", [Data(X), Const((), "int32", [1])], X, "CumsumOptions"),
}  # fmt: skip
