"""Operators that look through a window: convolutions, pools, resizing, padding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from graphs_ops import Dice, Do, Op, Shape, Triple
from torch import nn
from torch.nn import functional

ONES, ZEROS = (1, 1, 1), (0, 0, 0)
CHANNELS = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12)


def _kernel(dice: Dice, sizes: Shape) -> Triple:
    """The forms of video networks, and any other."""
    usual = ((3, 3, 3), (3, 3, 3), (1, 3, 3), (3, 1, 1), (1, 1, 1), (2, 2, 2))
    if dice.chance(0.75):
        return dice.one(*usual)
    t, h, w = (dice.randint(1, min(5, s + 1)) for s in sizes)
    return t, h, w


def _stride(dice: Dice) -> Triple:
    return dice.triple(lambda: dice.one(1, 1, 1, 1, 2, 3)) if dice.chance(0.6) else ONES


@dataclass(frozen=True)
class Conv(Op):
    out: int = 1
    kernel: Triple = ONES
    stride: Triple = ONES
    padding: Triple = ZEROS
    dilation: Triple = ONES
    groups: int = 1
    bias: bool = False
    mode: str = "zeros"

    @classmethod
    def draw(cls, dice: Dice, shape: Shape) -> Op:
        kernel = _kernel(dice, shape[2:])
        dilation = dice.triple(lambda: dice.one(1, 1, 2, 3)) if dice.chance(0.2) else ONES
        t, h, w = (
            d * (k // 2) if dice.chance(0.8) else dice.randint(0, k) for k, d in zip(kernel, dilation, strict=True)
        )
        groups = dice.one(*(g for g in range(1, shape[1] + 1) if shape[1] % g == 0)) if dice.chance(0.3) else 1
        out = groups * dice.randint(1, 3) if groups > 1 else dice.one(*CHANNELS)
        mode = dice.one("zeros", "zeros", "zeros", "zeros", "zeros", "replicate", "reflect")
        return cls(out, kernel, _stride(dice), (t, h, w), dilation, groups, dice.chance(0.6), mode)

    def build(self, shape: Shape) -> nn.Module:
        return nn.Conv3d(
            shape[1], self.out, self.kernel, self.stride, self.padding, self.dilation, self.groups, self.bias, self.mode
        )


@dataclass(frozen=True)
class Depthwise(Op):
    kernel: Triple = ONES
    stride: Triple = ONES
    padding: Triple = ZEROS
    dilation: Triple = ONES
    multiplier: int = 1
    bias: bool = False

    @classmethod
    def draw(cls, dice: Dice, shape: Shape) -> Op:
        kernel = _kernel(dice, shape[2:])
        dilation = dice.triple(lambda: dice.one(1, 1, 2)) if dice.chance(0.15) else ONES
        t, h, w = (d * (k // 2) for k, d in zip(kernel, dilation, strict=True))
        return cls(kernel, _stride(dice), (t, h, w), dilation, dice.one(1, 1, 1, 2), dice.chance(0.5))

    def build(self, shape: Shape) -> nn.Module:
        out = shape[1] * self.multiplier
        return nn.Conv3d(
            shape[1], out, self.kernel, self.stride, self.padding, self.dilation, groups=shape[1], bias=self.bias
        )


@dataclass(frozen=True)
class ConvTranspose(Op):
    out: int = 1
    kernel: Triple = ONES
    stride: Triple = ONES
    padding: Triple = ZEROS
    extra: Triple = ZEROS
    """Torch calls it output padding."""
    dilation: Triple = ONES
    groups: int = 1
    bias: bool = False

    @classmethod
    def draw(cls, dice: Dice, shape: Shape) -> Op:
        bias, out = dice.chance(0.6), dice.one(*CHANNELS)
        if dice.chance(0.5):
            usual = dice.one(((2, 2, 2), (2, 2, 2), ZEROS, ZEROS), ((3, 3, 3), (2, 2, 2), ONES, ONES),
                             ((1, 2, 2), (1, 2, 2), ZEROS, ZEROS), ((4, 4, 4), (2, 2, 2), ONES, ZEROS))  # fmt: skip
            return cls(out, *usual, bias=bias)
        kernel, stride = dice.triple(lambda: dice.randint(1, 4)), dice.triple(lambda: dice.randint(1, 3))
        dilation = dice.triple(lambda: dice.one(1, 1, 2)) if dice.chance(0.2) else ONES
        padding = tuple(dice.randint(0, k - 1) for k in kernel)
        extra = tuple(dice.randint(0, s - 1) for s in stride)  # up to the dilation too in torch, not in ONNX Runtime
        groups = shape[1] if dice.chance(0.15) else dice.one(*(g for g in (1, 1, 1, 2, 3) if shape[1] % g == 0))
        out = groups * dice.randint(1, 2) if groups > 1 else out
        return cls(out, kernel, stride, padding, extra, dilation, groups, bias)  # type: ignore[arg-type]

    def build(self, shape: Shape) -> nn.Module:
        return nn.ConvTranspose3d(
            shape[1],
            self.out,
            self.kernel,
            self.stride,
            self.padding,
            self.extra,
            self.groups,
            self.bias,
            self.dilation,
        )


def _pool_fields(dice: Dice, shape: Shape) -> dict[str, Any]:
    kernel = dice.one((2, 2, 2), (1, 2, 2), (1, 3, 3), (3, 3, 3), (2, 1, 1), (3, 1, 1))
    if dice.chance(0.4):
        kernel = dice.triple(lambda: dice.randint(1, 4))
    kernel = tuple(min(k, s) for k, s in zip(kernel, shape[2:], strict=True))
    stride = kernel if dice.chance(0.4) else dice.triple(lambda: dice.one(1, 1, 2, 2, 3))
    padding = tuple(dice.randint(0, k // 2) for k in kernel) if dice.chance(0.6) else ZEROS
    return {"kernel": kernel, "stride": stride, "padding": padding, "ceil": dice.chance(0.3)}


@dataclass(frozen=True)
class MaxPool(Op):
    kernel: Triple = ONES
    stride: Triple = ONES
    padding: Triple = ZEROS
    dilation: Triple = ONES
    ceil: bool = False

    @classmethod
    def draw(cls, dice: Dice, shape: Shape) -> Op:
        return cls(
            **_pool_fields(dice, shape), dilation=dice.triple(lambda: dice.one(1, 2)) if dice.chance(0.1) else ONES
        )

    def build(self, _: Shape) -> nn.Module:
        return nn.MaxPool3d(self.kernel, self.stride, self.padding, self.dilation, ceil_mode=self.ceil)


@dataclass(frozen=True)
class AveragePool(Op):
    kernel: Triple = ONES
    stride: Triple = ONES
    padding: Triple = ZEROS
    ceil: bool = False
    counted: bool = True

    @classmethod
    def draw(cls, dice: Dice, shape: Shape) -> Op:
        return cls(**_pool_fields(dice, shape), counted=dice.chance(0.5))

    def build(self, _: Shape) -> nn.Module:
        return nn.AvgPool3d(self.kernel, self.stride, self.padding, self.ceil, self.counted)


@dataclass(frozen=True)
class AdaptivePool(Op):
    kind: str = "avg"
    out: Triple = ONES
    """Divides the input, or the exporter gives up."""

    @classmethod
    def draw(cls, dice: Dice, shape: Shape) -> Op:
        t, h, w = (dice.one(*(d for d in range(1, s + 1) if s % d == 0)) for s in shape[2:])
        return cls(dice.one("avg", "max"), (t, h, w))

    def build(self, _: Shape) -> nn.Module:
        return {"avg": nn.AdaptiveAvgPool3d, "max": nn.AdaptiveMaxPool3d}[self.kind](self.out)


@dataclass(frozen=True)
class Resize(Op):
    mode: str = "nearest"
    scale: tuple[float, ...] = (1.0, 1.0, 1.0)
    size: tuple[int, ...] = ()
    """Instead of the scale."""
    corners: bool = False

    @classmethod
    def draw(cls, dice: Dice, shape: Shape) -> Op:
        mode = dice.one("nearest", "trilinear")
        corners = mode == "trilinear" and dice.chance(0.4)
        if dice.chance(0.3):
            return cls(mode, size=tuple(dice.randint(max(1, s // 2), 2 * s) for s in shape[2:]), corners=corners)
        usual = dice.one((2.0, 2.0, 2.0), (1.0, 2.0, 2.0), (2.0, 1.0, 1.0))
        return cls(mode, usual if dice.chance(0.7) else dice.triple(lambda: dice.one(1.0, 0.5, 2.0, 3.0)), (), corners)  # type: ignore[arg-type]

    def build(self, _: Shape) -> nn.Module:
        given: dict[str, Any] = {"size": self.size} if self.size else {"scale_factor": self.scale}
        return nn.Upsample(**given, mode=self.mode, align_corners=self.corners if self.mode == "trilinear" else None)


@dataclass(frozen=True)
class Pad(Op):
    mode: str = "constant"
    widths: tuple[int, ...] = (0, 0, 0, 0, 0, 0)
    """Before and after of T, H, W."""
    value: float = 0.0

    @classmethod
    def draw(cls, dice: Dice, shape: Shape) -> Op:
        mode = dice.one("constant", "constant", "replicate", "reflect")
        most = [min(2, s - 1) if mode == "reflect" else 2 for s in shape[2:] for _ in (0, 1)]
        least = -1 if mode == "constant" and dice.chance(0.2) else 0
        widths = tuple(dice.randint(least, m) if dice.chance(0.5) else 0 for m in most)
        return cls(mode, widths, dice.one(0.0, 0.0, 0.3) if mode == "constant" else 0.0)

    def build(self, _: Shape) -> nn.Module:
        t, h, w = self.widths[:2], self.widths[2:4], self.widths[4:]
        fill = {"value": self.value} if self.mode == "constant" else {}
        return Do(lambda x: functional.pad(x, (*w, *h, *t), self.mode, **fill))


@dataclass(frozen=True)
class Framewise(Op):
    """A Conv2d on every frame, as networks do that fold time into the batch."""

    out: int = 1
    kernel: int = 1
    stride: int = 1

    @classmethod
    def draw(cls, dice: Dice, _shape: Shape) -> Op:
        return cls(dice.one(*CHANNELS), dice.one(1, 3), dice.one(1, 1, 2))

    def build(self, shape: Shape) -> nn.Module:
        n, c, t, h, w = shape
        return nn.Sequential(
            Do(lambda x: x.transpose(1, 2).reshape(n * t, c, h, w)),
            nn.Conv2d(c, self.out, self.kernel, self.stride, self.kernel // 2),
            Do(lambda y: y.unflatten(0, (n, t)).transpose(1, 2)),
        )


@dataclass(frozen=True)
class Timeline(Op):
    """A Conv2d (k, 1) on [N, C, T, H*W]."""

    out: int = 1
    kernel: int = 1

    @classmethod
    def draw(cls, dice: Dice, _shape: Shape) -> Op:
        return cls(dice.one(*CHANNELS), dice.one(3, 5))

    def build(self, shape: Shape) -> nn.Module:
        conv = nn.Conv2d(shape[1], self.out, (self.kernel, 1), padding=(self.kernel // 2, 0))
        return nn.Sequential(nn.Flatten(3), conv, nn.Unflatten(3, shape[3:]))


@dataclass(frozen=True)
class Stacked(Op):
    """A Conv2d on frames stacked as channels, [N, C*T, H, W], and unstacked again."""

    out: int = 1
    kernel: int = 1
    groups: int = 1

    @classmethod
    def draw(cls, dice: Dice, shape: Shape) -> Op:
        return cls(dice.randint(2, 7), dice.one(1, 3), dice.one(1, 1, shape[2]))

    def build(self, shape: Shape) -> nn.Module:
        stacked, out = shape[1] * shape[2], self.out * shape[2]
        conv = nn.Conv2d(stacked, out, self.kernel, padding=self.kernel // 2, groups=self.groups)
        return nn.Sequential(nn.Flatten(1, 2), conv, nn.Unflatten(1, (self.out, shape[2])))
