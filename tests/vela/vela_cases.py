"""The networks that Vela and LiteRT judge: what the lowering emits, batch and strip, rank 2 to 5, and limits."""

from __future__ import annotations

from collections.abc import Sequence

from vela_nets import Build, Net

NETS: dict[str, Build] = {}

Frames = tuple[int, int, int, int]
FRAMES: Frames = (4, 12, 10, 8)
"""T, H, W, C of the small clips."""


def net(build: Build) -> Build:
    NETS[build.__name__.lstrip("_")] = build  # type: ignore[attr-defined]
    return build


# One kind of layer, frames as batch and as strip.


@net
def conv_batch(n: Net) -> str:
    return n.conv(n.input(*FRAMES), 16, fused="RELU")


@net
def conv_batch_stride(n: Net) -> str:
    return n.conv(n.input(*FRAMES), 16, stride=(2, 2), fused="RELU6")


@net
def conv_pointwise_batch(n: Net) -> str:
    return n.conv(n.input(*FRAMES), 16, (1, 1))


@net
def conv_strip(n: Net) -> str:
    """Every frame with a row of zeros above and below; those rows come back as garbage and are cut."""
    x = n.pad(n.input(1, 4, 120, 8), (0, 0), (0, 0), (10, 10), (0, 0))
    y = n.conv(n.reshape(x, 1, 56, 10, 8), 16, fused="RELU")
    y = n.reshape(y, 1, 4, 140, 16)
    return n.slice(y, (0, 0, 10, 0), (1, 4, 130, 16))


@net
def conv_strip_stride(n: Net) -> str:
    x = n.pad(n.input(1, 4, 120, 8), (0, 0), (0, 0), (10, 10), (0, 0))
    y = n.conv(n.pad(n.reshape(x, 1, 56, 10, 8), (0, 0), (0, 0), (1, 1), (0, 0)), 16, (3, 3), (2, 2), "VALID")
    return n.conv(y, 5, (1, 1))


@net
def conv_temporal(n: Net) -> str:
    return n.conv(n.input(1, 4, 120, 8), 16, (3, 1), fused="RELU")


@net
def conv_temporal_dilated(n: Net) -> str:
    return n.conv(n.input(1, 6, 120, 8), 16, (3, 1), dilation=(2, 1))


@net
def conv_temporal_stride(n: Net) -> str:
    return n.conv(n.input(1, 6, 120, 8), 16, (3, 1), (2, 1))


@net
def conv_temporal_batch(n: Net) -> str:
    return n.conv(n.input(2, 4, 120, 8), 16, (3, 1))


@net
def conv_temporal_whole(n: Net) -> str:
    return n.conv(n.input(1, 4, 120, 8), 16, (4, 1), padding="VALID")


@net
def depthwise_batch(n: Net) -> str:
    return n.depthwise(n.input(*FRAMES))


@net
def depthwise_temporal(n: Net) -> str:
    return n.depthwise(n.input(1, 4, 120, 8), (3, 1))


@net
def conv_transposed_batch(n: Net) -> str:
    x = n.input(2, 6, 5, 8)
    inputs = [n.data((2, 12, 10, 6), "int32"), n.filled(6, 2, 2, 8), x, n.filled(6, dtype="int32")]
    return n.op("TRANSPOSE_CONV", inputs, (2, 12, 10, 6), padding="SAME", strideH=2, strideW=2)


@net
def max_pool_batch(n: Net) -> str:
    return n.pool(n.input(*FRAMES), (2, 2), (2, 2))


@net
def max_pool_batch_same(n: Net) -> str:
    return n.pool(n.input(*FRAMES), (3, 3), (2, 2), "SAME")


@net
def max_pool_strip(n: Net) -> str:
    return n.pool(n.input(1, 48, 10, 8), (2, 2), (2, 2))


@net
def max_pool_temporal(n: Net) -> str:
    return n.pool(n.input(1, 4, 120, 8), (2, 1), (2, 1))


@net
def max_pool_3d(n: Net) -> str:
    """Over H and W first, then over T."""
    y = n.pool(n.input(*FRAMES), (2, 2), (2, 2))
    y = n.pool(n.reshape(y, 1, 4, 30, 8), (2, 1), (2, 1))
    return n.reshape(y, 2, 6, 5, 8)


@net
def average_pool_batch(n: Net) -> str:
    return n.average(n.input(*FRAMES), (2, 2), (2, 2))


@net
def average_pool_strip(n: Net) -> str:
    return n.average(n.input(1, 48, 10, 8), (3, 3), (1, 1), "SAME")


@net
def average_pool_large_stride(n: Net) -> str:
    return n.average(n.input(1, 48, 10, 8), (4, 5), (4, 5))


# Pads, slices, views, moves.


@net
def pad_batch_rows(n: Net) -> str:
    return n.conv(n.pad(n.input(*FRAMES), (0, 0), (1, 1), (1, 1), (0, 0)), 16, padding="VALID")


@net
def pad_flat_rows(n: Net) -> str:
    return n.pad(n.input(1, 4, 120, 8), (0, 0), (0, 0), (10, 10), (0, 0))


@net
def pad_time(n: Net) -> str:
    return n.conv(n.pad(n.input(1, 4, 120, 8), (0, 0), (2, 0), (0, 0), (0, 0)), 16, (3, 1), padding="VALID")


@net
def pad_channels(n: Net) -> str:
    return n.pad(n.input(1, 12, 10, 6), (0, 0), (0, 0), (0, 0), (0, 2))


@net
def pad_5d(n: Net) -> str:
    return n.pad(n.input(1, *FRAMES), (0, 0), (1, 1), (0, 0), (0, 0), (0, 0))


@net
def pad_3d(n: Net) -> str:
    return n.pad(n.input(4, 120, 8), (0, 0), (10, 10), (0, 0))


@net
def slice_time(n: Net) -> str:
    return n.slice(n.input(1, 6, 120, 8), (0, 1, 0, 0), (1, 5, 120, 8))


@net
def slice_every_second_frame(n: Net) -> str:
    return n.slice(n.input(1, 6, 120, 8), (0, 0, 0, 0), (1, 6, 120, 8), (1, 2, 1, 1))


@net
def slice_every_second_frame_of_batch(n: Net) -> str:
    return n.slice(n.input(6, 12, 10, 8), (0, 0, 0, 0), (6, 12, 10, 8), (2, 1, 1, 1))


@net
def slice_channels_by_two(n: Net) -> str:
    return n.slice(n.input(1, 12, 10, 8), (0, 0, 0, 0), (1, 12, 10, 8), (1, 1, 1, 2))


@net
def slice_batch(n: Net) -> str:
    return n.slice(n.input(*FRAMES), (1, 0, 0, 0), (3, 12, 10, 8))


@net
def slice_5d(n: Net) -> str:
    return n.slice(n.input(1, *FRAMES), (0, 1, 0, 0, 0), (1, 3, 12, 10, 8))


@net
def slice_5d_by_two(n: Net) -> str:
    return n.slice(n.input(1, *FRAMES), (0, 0, 0, 0, 0), (1, 4, 12, 10, 8), (1, 2, 1, 1, 1))


@net
def slice_2d(n: Net) -> str:
    return n.slice(n.input(4, 16), (1, 0), (3, 16))


@net
def slice_then_conv(n: Net) -> str:
    return n.conv(n.slice(n.input(1, 48, 10, 8), (0, 1, 0, 0), (1, 47, 10, 8)), 16)


@net
def reshape_frames_to_time(n: Net) -> str:
    """Frames as batch, then time and space as one image: the seam of (2+1)D."""
    y = n.reshape(n.conv(n.input(*FRAMES), 16, fused="RELU"), 1, 4, 120, 16)
    return n.conv(y, 6, (3, 1))


@net
def reshape_5d_ends(n: Net) -> str:
    y = n.conv(n.reshape(n.input(1, *FRAMES), 1, 4, 120, 8), 16, (3, 1))
    return n.reshape(y, 1, 4, 12, 10, 16)


@net
def reshape_5d_middle(n: Net) -> str:
    y = n.reshape(n.conv(n.input(*FRAMES), 16), 1, 4, 12, 10, 16)
    return n.conv(n.reshape(y, 1, 4, 120, 16), 6, (3, 1))


@net
def reshape_2d(n: Net) -> str:
    return n.dense(n.reshape(n.input(1, 3, 4, 8), 1, 96), 5)


@net
def transpose_hwc_to_whc(n: Net) -> str:
    return n.transpose(n.input(1, 12, 10, 8), 0, 2, 1, 3)


@net
def transpose_to_channels_first(n: Net) -> str:
    return n.transpose(n.input(1, 12, 10, 8), 0, 3, 1, 2)


@net
def transpose_batch(n: Net) -> str:
    return n.transpose(n.input(*FRAMES), 0, 3, 1, 2)


@net
def transpose_frames_and_rows(n: Net) -> str:
    return n.transpose(n.input(*FRAMES), 1, 0, 2, 3)


@net
def transpose_5d(n: Net) -> str:
    return n.transpose(n.input(1, *FRAMES), 0, 4, 1, 2, 3)


@net
def transpose_3d(n: Net) -> str:
    return n.transpose(n.input(12, 10, 8), 0, 2, 1)


@net
def transpose_2d(n: Net) -> str:
    return n.transpose(n.input(12, 10), 1, 0)


@net
def concat_channels(n: Net) -> str:
    x = n.input(1, 12, 10, 8)
    return n.concat(3, n.conv(x, 16), n.conv(x, 6, (1, 1)), x)


@net
def concat_channels_batch(n: Net) -> str:
    x = n.input(*FRAMES)
    return n.concat(3, n.conv(x, 16), n.conv(x, 6, (1, 1)))


@net
def concat_time(n: Net) -> str:
    return n.concat(1, n.input(1, 4, 120, 8), n.input(1, 2, 120, 8))


@net
def concat_batch(n: Net) -> str:
    return n.concat(0, n.input(*FRAMES), n.input(2, 12, 10, 8))


@net
def concat_5d(n: Net) -> str:
    return n.concat(1, n.input(1, *FRAMES), n.input(1, 2, 12, 10, 8))


@net
def concat_zeros(n: Net) -> str:
    """Rows of zeros appended by concatenation."""
    return n.concat(2, n.input(1, 4, 120, 8), n.data([[[[0] * 8] * 10] * 4], "int8", 0.05))


@net
def concat_2d(n: Net) -> str:
    return n.dense(n.concat(1, n.input(1, 16), n.input(1, 6)), 5)


# Arithmetic and activations.


@net
def add_batch(n: Net) -> str:
    return n.add(n.input(*FRAMES), n.input(*FRAMES), "RELU")


@net
def add_5d(n: Net) -> str:
    return n.add(n.input(1, *FRAMES), n.input(1, *FRAMES))


@net
def add_3d(n: Net) -> str:
    return n.add(n.input(4, 120, 8), n.input(4, 120, 8))


@net
def add_bias(n: Net) -> str:
    return n.add(n.input(*FRAMES), n.data(list(range(8)), "int8", 0.05))


@net
def mul_channels(n: Net) -> str:
    return n.mul(n.input(1, 12, 10, 8), n.data([[[list(range(1, 9))]]], "int8", 0.05))


@net
def mul_5d(n: Net) -> str:
    return n.mul(n.input(1, *FRAMES), n.input(1, 1, 1, 1, 8))


@net
def sub_and_maximum(n: Net) -> str:
    x = n.input(1, 12, 10, 8)
    return n.pair("MAXIMUM", n.pair("SUB", x, n.conv(x, 8)), x)


@net
def minimum_batch(n: Net) -> str:
    return n.pair("MINIMUM", n.input(*FRAMES), n.input(*FRAMES))


@net
def swish(n: Net) -> str:
    x = n.conv(n.input(1, 12, 10, 8), 16)
    return n.mul(x, n.sigmoid(x))


@net
def swish_batch(n: Net) -> str:
    x = n.conv(n.input(*FRAMES), 16)
    return n.mul(x, n.sigmoid(x))


@net
def hard_swish(n: Net) -> str:
    return n.lone("HARD_SWISH", n.conv(n.input(1, 12, 10, 8), 16))


@net
def gelu(n: Net) -> str:
    return n.lone("GELU", n.conv(n.input(1, 12, 10, 8), 16), approximate=False)


@net
def leaky_relu_batch(n: Net) -> str:
    return n.lone("LEAKY_RELU", n.input(*FRAMES), 0.06, alpha=0.1)


@net
def relu_alone(n: Net) -> str:
    return n.lone("RELU", n.input(*FRAMES))


@net
def tanh_5d(n: Net) -> str:
    return n.lone("TANH", n.input(1, *FRAMES), 1 / 128)


# Reductions and heads.


@net
def mean_space_batch(n: Net) -> str:
    return n.mean(n.input(*FRAMES), 1, 2)


@net
def mean_space_strip(n: Net) -> str:
    return n.mean(n.input(1, 4, 120, 8), 2)


@net
def mean_all(n: Net) -> str:
    return n.mean(n.input(1, 4, 120, 8), 1, 2)


@net
def mean_all_flat(n: Net) -> str:
    return n.mean(n.input(1, 4, 120, 8), 1, 2, keep=False)


@net
def mean_5d(n: Net) -> str:
    return n.mean(n.input(1, *FRAMES), 1, 2, 3)


@net
def mean_3d(n: Net) -> str:
    return n.mean(n.input(4, 120, 8), 1)


@net
def mean_2d(n: Net) -> str:
    return n.mean(n.input(4, 16), 0)


@net
def mean_channels(n: Net) -> str:
    return n.mean(n.input(1, 12, 10, 8), 3)


@net
def mean_long(n: Net) -> str:
    return n.mean(n.input(1, 2, 5000, 8), 2)


@net
def sum_space(n: Net) -> str:
    return n.mean(n.input(1, 12, 10, 8), 1, 2, kind="SUM")


@net
def reduce_max_space(n: Net) -> str:
    return n.mean(n.input(1, 12, 10, 8), 1, 2, kind="REDUCE_MAX")


@net
def dense_per_frame(n: Net) -> str:
    return n.softmax(n.dense(n.reshape(n.input(4, 1, 1, 16), 4, 16), 5))


@net
def dense_3d(n: Net) -> str:
    return n.dense(n.input(1, 4, 16), 5, keep=True)


@net
def head_of_frames(n: Net) -> str:
    """2D features averaged over the frames: TSN's head."""
    y = n.mean(n.conv(n.input(*FRAMES), 16, fused="RELU"), 1, 2)
    y = n.dense(n.reshape(y, 4, 16), 5)
    return n.mean(n.reshape(y, 1, 4, 1, 5), 1, keep=False)


@net
def head_of_strip(n: Net) -> str:
    y = n.mean(n.conv(n.input(1, 4, 120, 8), 16, (3, 1), fused="RELU"), 1, 2)
    return n.softmax(n.dense(n.reshape(y, 1, 16), 5))


@net
def softmax_4d(n: Net) -> str:
    return n.softmax(n.input(1, 4, 6, 5))


@net
def matmul_batch(n: Net) -> str:
    return n.op("BATCH_MATMUL", [n.input(2, 4, 6), n.input(2, 6, 5)], (2, 4, 5))


# Blocks of the networks.


@net
def block_residual_batch(n: Net) -> str:
    x = n.input(*FRAMES)
    y = n.conv(n.conv(x, 8, fused="RELU"), 8)
    return n.add(x, y, "RELU")


@net
def block_residual_2plus1d(n: Net) -> str:
    x = n.input(*FRAMES)
    y = n.reshape(n.conv(x, 16, fused="RELU"), 1, 4, 120, 16)
    y = n.reshape(n.conv(y, 8, (3, 1)), *FRAMES)
    return n.add(x, y, "RELU")


@net
def block_3d_by_taps(n: Net) -> str:
    """Conv3d as one 2D convolution over three shifted frames stacked in the channels."""
    x = n.pad(n.input(1, 4, 120, 8), (0, 0), (1, 1), (0, 0), (0, 0))
    taps = [n.slice(x, (0, t, 0, 0), (1, t + 4, 120, 8)) for t in range(3)]
    return n.conv(n.reshape(n.concat(3, *taps), 4, 12, 10, 24), 16, fused="RELU")


@net
def block_squeeze_excite(n: Net) -> str:
    x = n.conv(n.input(1, 4, 120, 8), 16, (1, 1))
    y = n.conv(n.mean(x, 1, 2), 6, (1, 1), fused="RELU")
    return n.mul(x, n.sigmoid(n.conv(y, 16, (1, 1))))


@net
def block_squeeze_excite_batch(n: Net) -> str:
    x = n.conv(n.input(*FRAMES), 16, (1, 1))
    y = n.conv(n.mean(x, 1, 2), 6, (1, 1), fused="RELU")
    return n.mul(x, n.sigmoid(n.conv(y, 16, (1, 1))))


@net
def block_inverted_residual(n: Net) -> str:
    x = n.input(*FRAMES)
    y = n.depthwise(n.conv(x, 24, (1, 1), fused="RELU6"))
    return n.add(x, n.conv(y, 8, (1, 1)))


@net
def block_inception(n: Net) -> str:
    x = n.input(1, 48, 10, 8)
    pooled = n.conv(n.pool(x, (3, 3), (1, 1), "SAME"), 6, (1, 1))
    return n.concat(3, n.conv(x, 4, (1, 1)), n.conv(n.conv(x, 5, (1, 1)), 7), pooled)


@net
def block_channel_shuffle(n: Net) -> str:
    y = n.reshape(n.input(1, 12, 10, 8), 1, 120, 2, 4)
    return n.reshape(n.transpose(y, 0, 1, 3, 2), 1, 12, 10, 8)


@net
def block_temporal_shift(n: Net) -> str:
    """TSM on the flat axis: one part from the past, one from the future, the rest stays."""
    x = n.input(1, 4, 120, 8)
    past = n.pad(n.slice(x, (0, 0, 0, 0), (1, 3, 120, 2)), (0, 0), (1, 0), (0, 0), (0, 0))
    future = n.pad(n.slice(x, (0, 1, 0, 2), (1, 4, 120, 4)), (0, 0), (0, 1), (0, 0), (0, 0))
    return n.conv(n.concat(3, past, future, n.slice(x, (0, 0, 0, 4), (1, 4, 120, 8))), 16, (1, 1))


@net
def block_attention(n: Net) -> str:
    x = n.input(1, 6, 8)
    keys = n.transpose(n.dense(x, 8, keep=True), 0, 2, 1)
    scores = n.softmax(n.op("BATCH_MATMUL", [n.dense(x, 8, keep=True), keys], (1, 6, 6)))
    return n.op("BATCH_MATMUL", [scores, n.dense(x, 8, keep=True)], (1, 6, 8))


@net
def block_upsample(n: Net) -> str:
    y = n.op("RESIZE_BILINEAR", [n.input(1, 6, 5, 8), n.data((12, 10), "int32")], (1, 12, 10, 8), halfPixelCenters=True)
    return n.conv(y, 6, (1, 1))


# Operators of files that edgeconv did not make.


@net
def foreign_split(n: Net) -> Sequence[str]:
    return n.ops("SPLIT", [n.data(3, "int32"), n.input(1, 12, 10, 8)], [(1, 12, 10, 4)] * 2, numSplits=2)


@net
def foreign_unpack_pack(n: Net) -> str:
    frames = n.ops("UNPACK", [n.input(3, 12, 10, 8)], [(12, 10, 8)] * 3, num=3, axis=0)
    return n.op("PACK", [frames[2], frames[0]], (2, 12, 10, 8), valuesCount=2, axis=0)


@net
def foreign_gather(n: Net) -> str:
    return n.op("GATHER", [n.input(1, 4, 120, 8), n.data([0, 2], "int32")], (1, 2, 120, 8), axis=1, batchDims=0)


@net
def foreign_slice(n: Net) -> str:
    inputs = [n.input(1, 6, 120, 8), n.data([0, 1, 0, 0], "int32"), n.data([1, 4, 120, 8], "int32")]
    return n.op("SLICE", inputs, (1, 4, 120, 8))


@net
def foreign_squeeze_expand(n: Net) -> str:
    y = n.op("SQUEEZE", [n.input(1, 4, 120, 8)], (4, 120, 8), squeezeDims=[0])
    return n.op("EXPAND_DIMS", [y, n.data(0, "int32")], (1, 4, 120, 8))


@net
def foreign_tile(n: Net) -> str:
    return n.op("TILE", [n.input(1, 1, 120, 8), n.data([1, 4, 1, 1], "int32")], (1, 4, 120, 8))


@net
def foreign_nearest(n: Net) -> str:
    return n.op("RESIZE_NEAREST_NEIGHBOR", [n.input(1, 6, 5, 8), n.data((12, 10), "int32")], (1, 12, 10, 8))
