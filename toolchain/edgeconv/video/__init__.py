"""What a network is fed for calibration and verification: clips of videos, or samples that are ready.

Torch-free. PyAV is imported inside the functions that need it, so importing this package is cheap.
"""

from __future__ import annotations

from edgeconv.video.decode import VideoError
from edgeconv.video.meaning import PixelValues, pixel_values
from edgeconv.video.preprocess import shorter_side
from edgeconv.video.samples import SampleRequest, Samples, axis_size, frame_choice, frames_of, load_samples
from edgeconv.video.viewing import ClipForm, read_views

__all__ = [
    "ClipForm",
    "PixelValues",
    "SampleRequest",
    "Samples",
    "VideoError",
    "axis_size",
    "frame_choice",
    "frames_of",
    "load_samples",
    "pixel_values",
    "read_views",
    "shorter_side",
]
