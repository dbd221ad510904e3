"""What random graphs grow by: single operators, and the blocks that video networks are made of."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from graphs_attention import Frame, Gated, NonLocal, Pick, Roll, Windows
from graphs_moves import Flatten, Linear, Permute, Reduce, Shuffle, Slice, Softmax, Tokens, Untokens
from graphs_ops import Op
from graphs_pointwise import Activation, BatchNorm, Binary, Concat, GroupNorm, InstanceNorm, LayerNorm, Learned
from graphs_windows import (
    ONES,
    AdaptivePool,
    AveragePool,
    Conv,
    ConvTranspose,
    Depthwise,
    Framewise,
    MaxPool,
    Pad,
    Resize,
    Stacked,
    Timeline,
)

if TYPE_CHECKING:
    from graphs_generate import Growth

Block = Callable[["Growth", int], object]
TWOS = (2, 2, 2)
TO_LAST, TO_FIRST = (0, 2, 3, 4, 1), (0, 4, 1, 2, 3)


def single(kind: type[Op]) -> Block:
    return lambda g, x: g.draw(kind, x)


def _like(g: Growth, x: int, but: int | None = None) -> list[int]:
    """Other clips of the same shape, one axis aside."""
    shape = g.shape(x)
    return [v for v in g.clips if v != x
            and all(a == b or i == but for i, (a, b) in enumerate(zip(g.shape(v), shape, strict=True)))]  # fmt: skip


def arithmetic(g: Growth, x: int) -> None:
    """With any other clip of the same shape, or with itself."""
    others = _like(g, x) or [x]
    g.draw(Binary, *g.dice.sample([x, g.dice.one(*others)], 2))


def broadcast(g: Growth, x: int) -> None:
    """With a reduced form of itself, on either side."""
    small = g.draw(Reduce, x)
    g.draw(Binary, *g.dice.sample([x, small], 2))


def concat(g: Growth, x: int) -> None:
    op = Concat.draw(g.dice, g.shape(x))
    assert isinstance(op, Concat)
    others = _like(g, x, op.axis) or [x]
    g.add(op, x, *(g.dice.one(*others) for _ in range(g.dice.randint(1, 2))))


def _conv(g: Growth, x: int, out: int, kernel: tuple[int, int, int] = ONES, stride: tuple[int, int, int] = ONES) -> int:
    t, h, w = (k // 2 for k in kernel)
    return g.add(Conv(out, kernel, stride, (t, h, w), bias=g.dice.chance(0.5)), x)


def residual(g: Growth, x: int) -> None:
    """Two convolutions beside an identity or a projection."""
    out = g.shape(x)[1] if g.dice.chance(0.5) else g.dice.randint(2, 9)
    stride = g.dice.one(ONES, ONES, (2, 2, 2), (1, 2, 2), (2, 1, 1))
    y = _conv(g, x, g.dice.randint(2, 9), (3, 3, 3), stride)
    y = g.add(BatchNorm(), y) if g.dice.chance(0.5) else y
    y = _conv(g, g.add(Activation("relu"), y), out, g.dice.one((3, 3, 3), (1, 3, 3), (3, 1, 1)))
    short = x if stride == ONES and out == g.shape(x)[1] else _conv(g, x, out, ONES, stride)
    g.draw(Activation, g.add(Binary("add"), y, short))


def inception(g: Growth, x: int) -> None:
    """Two or three branches side by side, concatenated."""
    branches = [_conv(g, x, g.dice.randint(1, 4), k) for k in g.dice.sample([ONES, (3, 3, 3), (1, 3, 3), (3, 1, 1)], 2)]
    if g.dice.chance(0.5):
        branches.append(g.add(MaxPool((3, 3, 3), ONES, ONES), x))
    g.add(Concat(1), *branches)


def factorized(g: Growth, x: int) -> None:
    """(2 + 1)D: space, then time."""
    y = g.add(Activation("relu"), _conv(g, x, g.dice.randint(2, 9), (1, 3, 3)))
    _conv(g, y, g.dice.randint(2, 9), (3, 1, 1))


def excite(g: Growth, x: int) -> None:
    """Squeeze and excite: one gate per channel."""
    channels = g.shape(x)[1]
    y = g.add(Reduce("mean") if g.dice.chance(0.5) else AdaptivePool("avg"), x, clip=False)
    y = g.add(
        Activation(g.dice.one("relu", "silu")), g.add(Conv(g.dice.randint(2, 6), bias=True), y, clip=False), clip=False
    )
    y = g.add(Conv(channels, bias=True), y, clip=False)
    gate = g.add(Activation(g.dice.one("sigmoid", "hardsigmoid")), y, clip=False)
    g.add(Binary("mul"), *g.dice.sample([x, gate], 2))


def gate(g: Growth, x: int) -> None:
    """A gate per place and time (N1THW), as attention U-nets have, or per channel and time (NCT11)."""
    y = g.add(Conv(1, bias=True), x) if g.dice.chance(0.5) else g.add(Reduce("mean", g.dice.one((1,), (3, 4), (2,))), x)
    g.add(Binary("mul"), *g.dice.sample([x, g.add(Activation("sigmoid"), y)], 2))


def mixer(g: Growth, x: int) -> None:
    """The MLP of a transformer block on [N, T, H, W, C] or on [N, T*H*W, C], beside an identity."""
    _, channels, *sizes = g.shape(x)
    flat = g.dice.chance(0.4)
    tokens = g.add(Tokens() if flat else Permute(TO_LAST), x, clip=False)
    y = g.add(LayerNorm.draw(g.dice, g.shape(tokens)), tokens, clip=False)
    y = g.add(Linear(g.dice.randint(2, 9), True), y, clip=False)
    y = g.add(Activation(g.dice.one("gelu", "silu", "relu")), y, clip=False)
    y = g.add(Linear(channels, g.dice.chance(0.5)), y, clip=False)
    y = g.add(Binary("add"), tokens, y, clip=False)
    g.add(Untokens(tuple(sizes)) if flat else Permute(TO_FIRST), y)


def turned(g: Growth, x: int) -> None:
    """A few operators in some other order of axes, then back: what the order is must not matter."""
    order = tuple(g.dice.sample(range(5), 5))
    y = g.add(Permute(order), x, clip=False)
    for _ in range(g.dice.randint(1, 3)):
        axis, shape = g.dice.randrange(5), g.shape(y)
        other = g.dice.one(
            Slice(axis, g.dice.randint(0, shape[axis] // 2)),
            Softmax(axis),
            Activation(g.dice.one("relu", "silu", "hardswish")),
            LayerNorm(0.1),
            Linear(shape[4], True),
            Concat(axis),
            Reduce("mean", (axis,)),
        )
        z = g.add(other, *[y] * (1 + isinstance(other, Concat)), clip=False)
        y = g.add(Binary(g.dice.one("add", "mul")), y, z, clip=False) if isinstance(other, Reduce) else z
    g.add(Permute(tuple(order.index(a) for a in range(5))), y)


def hourglass(g: Growth, x: int) -> None:
    """Down and up again, beside a skip, as U-nets do."""
    channels = g.dice.randint(2, 9)
    down = g.add(MaxPool(TWOS, TWOS), x) if g.dice.chance(0.5) else _conv(g, x, channels, (3, 3, 3), TWOS)
    down = g.draw(Activation, down)
    if g.dice.chance(0.5):
        up = g.add(ConvTranspose(channels, TWOS, TWOS, bias=g.dice.chance(0.5)), down)
    else:
        mode = g.dice.one("nearest", "trilinear")
        up = g.add(Resize(mode, (2.0, 2.0, 2.0), (), mode == "trilinear" and g.dice.chance(0.3)), down)
    extra = [s - u for s, u in zip(g.shape(x)[2:], g.shape(up)[2:], strict=True)]
    if any(extra):
        up = g.add(Pad(g.dice.one("constant", "replicate"), tuple(v for e in extra for v in (0, e))), up)
    g.add(Concat(1), x, up)


def shift(g: Growth, x: int) -> None:
    """Half of the channels one frame later, as temporal shift modules do."""
    half = max(1, g.shape(x)[1] // 2)
    late = g.add(Slice(2, 0, g.shape(x)[2] - 1), g.add(Slice(1, 0, half), x))
    late = g.add(Pad("constant", (1, 0, 0, 0, 0, 0)), late)
    g.add(Concat(1), late, g.add(Slice(1, half), x))


def join(g: Growth, x: int) -> None:
    """Two open branches become one: the other is brought to the same channels, sizes are cut to the smaller."""
    others = [v for v in g.leaves() if v in g.clips and v != x]
    y = g.dice.one(*others) if others else g.clips[0]
    for axis in (2, 3, 4):
        size = min(g.shape(x)[axis], g.shape(y)[axis])
        x, y = (v if g.shape(v)[axis] == size else g.add(Slice(axis, 0, size), v) for v in (x, y))
    if g.dice.chance(0.5):
        g.add(Concat(1), x, y)
    else:
        g.draw(Binary, x, y if g.shape(y)[1] == g.shape(x)[1] else _conv(g, y, g.shape(x)[1]))


BLOCKS: tuple[Block, ...] = (
    *[single(Conv)] * 6,
    *[single(Depthwise)] * 2,
    single(ConvTranspose),
    single(MaxPool),
    single(AveragePool),
    single(AdaptivePool),
    single(BatchNorm),
    single(BatchNorm),
    single(InstanceNorm),
    single(GroupNorm),
    *[single(Activation)] * 5,
    single(Learned),
    single(Slice),
    single(Pad),
    single(Resize),
    single(Shuffle),
    single(Framewise),
    single(Timeline),
    single(Stacked),
    single(NonLocal),
    single(Windows),
    single(Gated),
    single(Roll),
    single(Pick),
    single(Frame),
    arithmetic,
    arithmetic,
    broadcast,
    concat,
    residual,
    residual,
    inception,
    factorized,
    excite,
    gate,
    mixer,
    mixer,
    turned,
    turned,
    hourglass,
    shift,
)
MERGES: tuple[Block, ...] = (join, arithmetic, concat)


def _classify(g: Growth, x: int) -> None:
    y = g.add(Linear(g.dice.randint(3, 9), g.dice.chance(0.7)), x, clip=False)
    if g.dice.chance(0.4):
        g.add(Softmax(1), y, clip=False)


def pooled_head(g: Growth, x: int) -> None:
    y = g.add(AdaptivePool("avg"), x, clip=False) if g.dice.chance(0.5) else g.add(Reduce("mean"), x, clip=False)
    _classify(g, g.add(Flatten(1), y, clip=False))


def flat_head(g: Growth, x: int) -> None:
    _classify(g, g.add(Flatten(1), x, clip=False))


def token_head(g: Growth, x: int) -> None:
    """Classes at every place and time, then their mean, as pytorchvideo's heads do."""
    y = g.add(Linear(g.dice.randint(3, 9), True), g.add(Permute(TO_LAST), x, clip=False), clip=False)
    if g.dice.chance(0.5):
        y = g.add(Softmax(4), y, clip=False)
    g.add(Reduce("mean", (1, 2, 3), g.dice.chance(0.5)), y, clip=False)


def frame_head(g: Growth, x: int) -> None:
    """One vector per frame, classified, then the mean over time."""
    y = g.add(Reduce("mean", (3, 4), False), x, clip=False)
    y = g.add(Linear(g.dice.randint(3, 9), True), g.add(Permute((0, 2, 1)), y, clip=False), clip=False)
    g.add(Reduce("mean", (1,), False), y, clip=False)


def channel_softmax(g: Growth, x: int) -> None:
    g.add(Softmax(g.dice.one(1, 1, 2, 4)), x, clip=False)


HEADS: tuple[Block, ...] = (pooled_head, pooled_head, flat_head, token_head, frame_head, channel_softmax)
