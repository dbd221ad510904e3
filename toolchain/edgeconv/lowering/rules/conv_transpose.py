"""ConvTranspose of one, two or three spatial axes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from edgeconv.core.backend import Window
from edgeconv.core.errors import Refused
from edgeconv.core.layout import Array, Value, constant
from edgeconv.lowering.context import Context
from edgeconv.lowering.fitting import weights_fit
from edgeconv.lowering.phases import Phase, Up, phase
from edgeconv.lowering.registry import Node, rule
from edgeconv.lowering.rules.conv import convolve
from edgeconv.lowering.taps import Axis, stack_taps, taps


@rule("ConvTranspose")
def conv_transpose(ctx: Context, node: Node) -> Value:
    """Transposed convolution with any kernel, stride, dilation, group, pads, output_padding, output_shape and bias.

    Before: ConvTranspose on [N, C, S1..Sn], n = 1..3, constant weight [C, O/g, k1..kn].
    After: the last two axes by ConvTranspose2d; the first of three by phases: the outputs t with (t + pad) mod stride
    = r are a plain convolution over the taps d with dilation * d mod stride = r, so that no product with an inserted
    zero is computed, and the phases are interleaved by a concatenation behind the time axis, where that is a view.
    Where nothing is strided, or the format has no grouped form, all axes go by phases (stride 1 has a single one).
    Exact: the same products are summed, in another order.
    Refuses: a weight or bias computed at run time, or of another size than the input asks for; more than three
    spatial axes; pads that leave no output.
    """
    x = node.input(0)
    weight, bias = node.required(1, "weight"), node.constant(2, "bias")
    n = len(x.shape) - 2
    if not 1 <= n <= 3:
        raise Refused(f"{n} spatial axes", "transposed convolutions of one to three spatial axes are lowered")
    groups = int(node.attributes.get("group", 1))
    weights_fit(x.shape, weight, bias, groups, transposed=True)
    axes = geometry(node, x.shape[2:], weight.shape[2:])
    if min(a.out for a in axes) < 1:
        raise Refused(f"its output would have the size {[a.out for a in axes]}", "use smaller pads")
    up = _Up(ctx, x, weight, bias, axes, groups)
    return up.phases({})


def geometry(node: Node, sizes: Sequence[int], kernel: Sequence[int]) -> list[Up]:
    """Pads and extra rows per axis; auto_pad and output_shape resolved as the ONNX operator defines them."""
    n = len(sizes)
    attributes = node.attributes
    strides = attributes.get("strides") or [1] * n
    dilations = attributes.get("dilations") or [1] * n
    extra = attributes.get("output_padding") or [0] * n
    pads = attributes.get("pads") or [0] * (2 * n)
    mode = str(attributes.get("auto_pad") or "NOTSET")
    wanted = attributes.get("output_shape")
    axes = []
    for i in range(n):
        before, after = int(pads[i]), int(pads[n + i])
        if wanted or mode.startswith("SAME"):
            unpadded = Up(sizes[i], kernel[i], strides[i], dilations[i], 0, 0, extra[i])
            total = unpadded.out - (int(wanted[i - n]) if wanted else sizes[i] * strides[i])
            small = total // 2
            before, after = (small, total - small) if mode == "SAME_UPPER" else (total - small, small)
        axes.append(Up(sizes[i], kernel[i], strides[i], dilations[i], before, after, extra[i]))
    return axes


class _Up:
    """One transposed convolution on its way down: what is fixed, and the recursion over the axes that go by phases."""

    def __init__(
        self, ctx: Context, x: Value, weight: Array, bias: Array | None, axes: Sequence[Up], groups: int
    ) -> None:
        self.ctx, self.x, self.weight, self.bias, self.axes, self.groups = ctx, x, weight, bias, axes, groups
        self.cropped: dict[tuple[tuple[int, tuple[int, int]], ...], Value] = {}
        n = len(axes)
        last = axes[-2:]
        # ONNX Runtime takes no output_padding from the stride on (a dilated PyTorch layer may have it).
        usual = any(a.stride > 1 for a in last) and all(a.extra - a.after < a.stride for a in last)
        self.native = usual and (groups == 1 or ctx.backend.grouped_transpose_conv)
        self.phased = range(max(0, n - 2)) if self.native else range(n)

    def phases(self, chosen: dict[int, Phase]) -> Value:
        """All phases of the next open axis, interleaved and cropped."""
        if len(chosen) == len(self.phased):
            return self._native(chosen) if self.native else self._plain(chosen)
        i = self.phased[len(chosen)]
        a = self.axes[i]
        pieces = [self._piece({**chosen, i: phase(a, r)}) for r in range(a.stride)]
        whole = self.ctx.interleave(pieces, 2 + i)
        return self.ctx.slice(whole, {2 + i: (a.before - a.first * a.stride, a.out)})

    def _piece(self, chosen: dict[int, Phase]) -> Value:
        if all(p.taps for p in chosen.values()):
            return self.phases(chosen)
        sizes = [chosen[i].rows if i in chosen else a.out for i, a in enumerate(self.axes)]
        channels = self.weight.shape[1] * self.groups
        bias = np.zeros(channels, self.weight.dtype) if self.bias is None else self.bias
        shape = (self.x.shape[0], channels, *sizes)
        return constant(np.broadcast_to(bias.reshape(1, -1, *[1] * len(sizes)), shape))

    def _selected(self, chosen: dict[int, Phase]) -> tuple[Value, Array, list[Axis]]:
        """The input cropped, the weight's taps picked, and the plain convolution's geometry along the phased axes."""
        crops = tuple((2 + i, p.crop) for i, p in chosen.items())
        if crops not in self.cropped:
            self.cropped[crops] = self.ctx.slice(self.x, dict(crops))
        weight = self.weight
        for i, p in chosen.items():
            weight = weight.take(p.taps, 2 + i)
        return self.cropped[crops], weight, [p.axis for p in chosen.values()]

    def _plain(self, chosen: dict[int, Phase]) -> Value:
        """Every axis by phases: an ordinary convolution, weight [C, O/g, ...] turned into [O, C/g, ...]."""
        x, weight, axes = self._selected(chosen)
        split = weight.reshape(self.groups, -1, *weight.shape[1:]).swapaxes(1, 2)
        return convolve(self.ctx, x, split.reshape(-1, *split.shape[2:]), self.bias, axes, self.groups)

    def _native(self, chosen: dict[int, Phase]) -> Value:
        """The last axes by the format's own operator; taps of a phased first axis are stacked on channels."""
        x, weight, along = self._selected(chosen)
        ctx, n = self.ctx, len(self.axes)
        if along:
            x = stack_taps(ctx, taps(ctx, x, 2, along[0]), self.groups)
            split = weight.reshape(self.groups, -1, *weight.shape[1:])  # [g, C/g, O/g, taps, kh, kw]
            moved = np.moveaxis(split, 3, 1)
            weight = moved.reshape(-1, *moved.shape[3:])
        folded = x.dims[2 : 2 + n - 2] if n == 3 else ()
        batch = [a for d in (x.dims[0], *folded) for a in d]
        last = list(self.axes[-2:])
        if n == 1:
            last.append(Up(1, 1, 1, 1, 0, 0))
            weight = weight[..., None]
        flat = x.with_dims((batch, x.dims[1], x.dims[-2] if n > 1 else x.dims[2], x.dims[-1] if n > 1 else ()))
        window = Window(
            (last[0].kernel, last[1].kernel),
            (last[0].stride, last[1].stride),
            (last[0].dilation, last[1].dilation),
            (last[0].before, last[1].before),
            (last[0].after, last[1].after),
        )
        extra = (last[0].extra, last[1].extra)
        y = ctx.conv_transpose2d(flat, weight, self.bias, window, self.groups, extra)
        spatial = y.dims[2:4] if n > 1 else y.dims[2:3]
        return y.with_dims((x.dims[0], y.dims[1], *folded, *spatial))
