"""Video clips for calibration and verification: find, decode, sample, preprocess.

Torch-free. PyAV is imported inside the functions that need it, so importing this package is cheap.
"""

from __future__ import annotations

from edgeconv.video.clips import ClipRequest, LoadedClips, load_clips

__all__ = ["ClipRequest", "LoadedClips", "load_clips"]
