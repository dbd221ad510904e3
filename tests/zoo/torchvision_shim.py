"""torchvision's C extension does not load beside a CPU build of torch; its import only asks for three names."""

from __future__ import annotations

import torch

_OPS = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "roi_align(Tensor input, Tensor rois, float spatial_scale, int pooled_height, int pooled_width, int sampling_ratio,"
    " bool aligned) -> Tensor",
)

try:
    import torchvision
except RuntimeError:  # operator torchvision::nms does not exist
    KEPT = torch.library.Library("torchvision", "DEF")
    for schema in _OPS:
        KEPT.define(schema)
    import torchvision  # noqa: F401
