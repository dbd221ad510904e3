"""ExportProfile: what a deployment target demands of an export, read from ``export_profiles/*.yaml``."""

from __future__ import annotations

import hashlib
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from edgeconv.core.errors import UsageError, did_you_mean


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class VideoProfile(_Part):
    """How frames become numbers. Defaults are ECO's: BGR, mean (104, 117, 128), scale 1."""

    resize: int = Field(default=256, gt=0)
    """Shorter side after resize, in pixels; the model's image size is then cropped from the centre."""
    color: Literal["BGR", "RGB"] = "BGR"
    mean: tuple[float, float, float] = (104.0, 117.0, 128.0)
    """Per channel, in the order of `color`, on the 0..255 scale."""
    scale: float = Field(default=1.0, gt=0)
    """value = (pixel - mean) * scale"""


class ClipsProfile(_Part):
    clips: int = Field(default=8, gt=0)
    """Clips to take."""
    min_videos: int = Field(default=1, gt=0)
    """Fewer decodable videos than this is an error."""


class OnnxProfile(_Part):
    opset: int = Field(default=18, ge=13, le=21)
    max_rank: int = Field(default=4, ge=1, le=8)
    allowed_ops: tuple[str, ...]
    max_transposes: int = Field(default=0, ge=0)


class TfliteProfile(_Part):
    input_dtype: Literal["int8", "uint8"] = "int8"
    output_dtype: Literal["int8", "uint8"] = "int8"
    max_rank: int = Field(default=4, ge=1, le=8)
    max_transposes: int = Field(default=0, ge=0)
    op_versions: Literal["tflite-runtime-2.14", "litert-2.3"] = "tflite-runtime-2.14"
    max_xnnpack_partitions: int | None = Field(default=1, ge=1)
    """None: not gated."""


class ParityProfile(_Part):
    """Thresholds; a comparison beyond one of them fails the export."""

    float_relative: float = Field(default=1e-5, gt=0)
    """Lowered ONNX and fp32 TFLite against the original: largest difference over the output's scale."""
    int8_cosine_mean: float = Field(default=0.95, ge=-1, le=1)
    int8_cosine_min: float = Field(default=0.90, ge=-1, le=1)
    max_saturated: float = Field(default=0.05, ge=0, le=1)
    """Share of int8 output values at the ends of the range."""
    runtimes: tuple[Literal["litert", "tflite-runtime", "tensorflow"], ...] = ("litert", "tflite-runtime")


class ExportProfile(_Part):
    """One deployment target. Frozen; unknown keys are refused."""

    name: str
    description: str
    target: str
    """Name of the op-coverage target (see `edgeconv targets`)."""
    video: VideoProfile = VideoProfile()
    calibration: ClipsProfile = ClipsProfile()
    verification: ClipsProfile = ClipsProfile()
    onnx: OnnxProfile
    tflite: TfliteProfile = TfliteProfile()
    parity: ParityProfile = ParityProfile()
    check_targets: tuple[str, ...] = ()
    """Further targets whose op coverage the report shows; they do not gate."""
    threads: int = Field(default=2, gt=0)

    @cached_property
    def sha256(self) -> str:
        """Of the canonical JSON form, so that comments in the YAML do not matter."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()
