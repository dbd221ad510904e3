"""Words and helpers that the Edge TPU constraints share."""

from __future__ import annotations

from edgeconv.core.summary import OpInfo

REQUIREMENTS = "https://coral.ai/docs/edgetpu/models-intro/"
SUPPORTED_OPS = "https://developer.axis.com/computer-vision/on-device/system-on-chip/artpec-7/supported-ops/"
REQUIREMENTS_COPY = "https://github.com/dgist-datalab/Datalab_Intern/blob/master/Edge_TPU/convert_model_for_Edge_TPU.md"


def reduced_axes(op: OpInfo) -> tuple[int, ...] | None:
    """The axes of a reduction, counted from the front; None when they are not constant."""
    axes = op.attributes.get("axes")
    rank = max(len(op.tensors[0].shape), 1)
    return None if axes is None else tuple(sorted(axis % rank for axis in axes))
