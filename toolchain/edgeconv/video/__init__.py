"""Video clips for calibration and verification: find, decode, sample, preprocess.

Torch-free. PyAV is imported inside the functions that need it, so importing this package is cheap.
"""

from __future__ import annotations

from edgeconv.video.clips import ClipRequest, LoadedClips, load_clips
from edgeconv.video.preprocess import shorter_side

__all__ = ["ClipRequest", "LoadedClips", "load_clips", "shorter_side"]
