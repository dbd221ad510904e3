"""What stands for a Conv3d of any geometry: a spatial Conv2d on the frames, a temporal Conv2d on the timeline.

Unlike :mod:`edgeconv_models.blocks`, whose blocks are built for one grid and carry frames from one to the next, these
take and give clips [N, C, T, H, W] of any size, so that they fit into any network. Inside only Conv2d compute: the
frames [N*T, C, H, W] and the timeline [N, C, T, H*W] are views of the clip, and lowering makes nothing of them.

Both branches of a strided block look at the grid of the Conv3d (``"aligned"`` in :mod:`edgeconv_models.blocks`):
frames and positions that the stride drops are never computed. The paper's stride along the flattened axis looks
elsewhere than the Conv3d did, so no kernel can be taken over into it; it is not offered here.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from edgeconv_models.factorizing.geometry import Geometry


class FactorizedConv(nn.Module):
    """Base of the blocks. Clip [N, C, T, H, W] in, [N, S, T', H', W'] out, sizes as of the Conv3d.

    Attributes:
        geometry: of the Conv3d.
        spatial: kernels kH x kW.
        temporal: kernels kT x 1.
    """

    spatial: nn.Conv2d
    temporal: nn.Conv2d

    def __init__(self, geometry: Geometry) -> None:
        super().__init__()
        self.geometry = geometry
        self.inner = geometry.unpadded() if geometry.padded_first else geometry

    def extra_repr(self) -> str:
        """Sizes of the Conv3d, for people."""
        g = self.geometry
        return f"for Conv3d {g.channels} -> {g.filters}, kernel {g.kernel}, stride {g.stride}"

    def kernel(self) -> Tensor:
        """The kernel [S, C/groups, kT, kH, kW] of the Conv3d that does the same as this block."""
        raise NotImplementedError

    def _padded(self, clip: Tensor) -> Tensor:
        return self.geometry.pad(clip) if self.geometry.padded_first else clip

    def _spatial_conv(self, channels: int, filters: int, *, bias: bool) -> nn.Conv2d:
        g = self.inner
        pads = (g.pads[1][0], g.pads[2][0])
        return nn.Conv2d(channels, filters, g.kernel[1:], g.stride[1:], pads, g.dilation[1:], g.groups, bias)

    def _temporal_conv(self, channels: int, filters: int, *, bias: bool) -> nn.Conv2d:
        g = self.inner
        sizes = (g.kernel[0], 1), (g.stride[0], 1), (g.pads[0][0], 0), (g.dilation[0], 1)
        return nn.Conv2d(channels, filters, *sizes, g.groups, bias)

    def _over_frames(self, clip: Tensor) -> Tensor:
        """The spatial convolution on every frame of a clip."""
        frames: Tensor = self.spatial(clip.transpose(1, 2).flatten(0, 1))
        clips: Tensor = frames.reshape(-1, clip.shape[2], *frames.shape[1:])
        return clips.transpose(1, 2)

    def _over_time(self, clip: Tensor) -> Tensor:
        """The temporal convolution at every position of a clip."""
        line: Tensor = self.temporal(clip.flatten(3))
        return line.reshape(*line.shape[:3], *clip.shape[3:])

    def _branches(self, clip: Tensor) -> tuple[Tensor, Tensor]:
        """Both convolutions side by side: the spatial one at the centre tap in time, the temporal one in space."""
        clip = self._padded(clip)
        points = self.inner.window(2).take(self.inner.window(1).take(clip, 3), 4)
        return self._over_frames(self.inner.window(0).take(clip, 2)), self._over_time(points)

    def _cross(self) -> tuple[Tensor, Tensor]:
        """The kernels of the two branches as 5D kernels: a plane at the centre in time, a line at that in space."""
        time, row, column = self.geometry.centre
        plane = self.spatial.weight.new_zeros(*self.spatial.weight.shape[:2], *self.geometry.kernel)
        line = self.temporal.weight.new_zeros(*self.temporal.weight.shape[:2], *self.geometry.kernel)
        plane[:, :, time] = self.spatial.weight
        line[:, :, :, row, column] = self.temporal.weight[..., 0]
        return plane, line


class AddConv(FactorizedConv):
    """Both branches have S filters; their results are added. The bias is the spatial one's."""

    def __init__(self, geometry: Geometry) -> None:
        super().__init__(geometry)
        self.spatial = self._spatial_conv(geometry.channels, geometry.filters, bias=geometry.bias)
        self.temporal = self._temporal_conv(geometry.channels, geometry.filters, bias=False)

    def forward(self, clip: Tensor) -> Tensor:
        """Clip [N, C, T, H, W] to [N, S, T', H', W']."""
        spatial, temporal = self._branches(clip)
        return spatial + temporal

    def kernel(self) -> Tensor:
        """See :meth:`FactorizedConv.kernel`."""
        plane, line = self._cross()
        return plane + line


class ConcatConv(FactorizedConv):
    """Each branch has half of the S filters (of every group, the first ones are spatial, and the odd one).

    Raises:
        ValueError: a group has a single filter.
    """

    def __init__(self, geometry: Geometry) -> None:
        super().__init__(geometry)
        each = geometry.filters // geometry.groups
        if each < 2:
            raise ValueError("a group has a single filter, and concat shares the filters out to two branches")
        self.shares = each - each // 2, each // 2
        spatial, temporal = (share * geometry.groups for share in self.shares)
        self.spatial = self._spatial_conv(geometry.channels, spatial, bias=geometry.bias)
        self.temporal = self._temporal_conv(geometry.channels, temporal, bias=geometry.bias)

    def forward(self, clip: Tensor) -> Tensor:
        """Clip [N, C, T, H, W] to [N, S, T', H', W']."""
        return self._join(*self._branches(clip), axis=1)

    def kernel(self) -> Tensor:
        """See :meth:`FactorizedConv.kernel`."""
        return self._join(*self._cross(), axis=0)

    def _join(self, spatial: Tensor, temporal: Tensor, axis: int) -> Tensor:
        """Channels of both along ``axis``, group by group."""
        if self.geometry.groups == 1:
            return torch.cat([spatial, temporal], axis)
        sizes, rest = spatial.shape[:axis], spatial.shape[axis + 1 :]
        shares = [
            part.reshape(*sizes, self.geometry.groups, share, -1)
            for part, share in zip((spatial, temporal), self.shares, strict=True)
        ]
        return torch.cat(shares, axis + 1).reshape(*sizes, self.geometry.filters, *rest)


class SequentialConv(FactorizedConv):
    """The spatial convolution on all frames, then the temporal one, with nothing between them.

    The spatial one strides over the grid, the temporal one over time. Between them are as many channels as the paper
    has filters, S, but never more than the kernel has ranks: per group at most C/groups*kH*kW and S/groups*kT.
    """

    def __init__(self, geometry: Geometry) -> None:
        super().__init__(geometry)
        g = geometry
        each = g.filters // g.groups
        self.between = g.groups * min(each, g.channels // g.groups * g.kernel[1] * g.kernel[2], each * g.kernel[0])
        self.spatial = self._spatial_conv(g.channels, self.between, bias=False)
        self.temporal = self._temporal_conv(self.between, g.filters, bias=g.bias)

    def forward(self, clip: Tensor) -> Tensor:
        """Clip [N, C, T, H, W] to [N, S, T', H', W']."""
        return self._over_time(self._over_frames(self._padded(clip)))

    def kernel(self) -> Tensor:
        """See :meth:`FactorizedConv.kernel`."""
        groups = self.geometry.groups
        spatial = torch.unflatten(self.spatial.weight, 0, (groups, -1))
        temporal = torch.unflatten(self.temporal.weight[..., 0], 0, (groups, -1))
        return torch.einsum("gomt,gmihw->goithw", temporal, spatial).flatten(0, 1)


COMBINES: dict[str, type[FactorizedConv]] = {"add": AddConv, "concat": ConcatConv, "sequential": SequentialConv}
"""Every block by the way it combines its two convolutions."""
