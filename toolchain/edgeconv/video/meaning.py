"""What the numbers of a clip input mean, for whoever feeds frames on a device."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from edgeconv.core.report import ClipSet, InputInfo
from edgeconv.profiles import VideoProfile
from edgeconv.video.channels import luma
from edgeconv.video.samples import axis_size


@dataclass(frozen=True)
class PixelValues:
    """value = (pixel - mean[c]) * scale, pixel 0..255, c in `color` order."""

    color: Literal["BGR", "RGB", "GREY"]
    mean: tuple[float, ...]
    scale: float

    @property
    def range(self) -> tuple[float, float]:
        """Smallest and largest value that a pixel can become."""
        black, white = min(-m for m in self.mean), max(255.0 - m for m in self.mean)
        return black * self.scale, white * self.scale


def pixel_values(info: InputInfo, video: VideoProfile, calibration: ClipSet) -> PixelValues | None:
    """None where the input was not filled with colours or grey: ready samples, mixed channels."""
    channels = axis_size(info, "C")
    if calibration.ready or channels not in (1, 3):
        return None
    if channels == 3:
        return PixelValues(video.color, video.mean, video.scale)
    grey = float(sum(weight * mean for weight, mean in zip(luma(video.color)[0], video.mean, strict=True)))
    return PixelValues("GREY", (round(grey, 4),), video.scale)
