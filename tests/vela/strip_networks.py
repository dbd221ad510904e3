"""The six networks whose strips must lie wholly on an Ethos-U, narrow and on small clips.

Run as a program it writes one .onnx each into a folder, all from one process that loads PyTorch once.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

CLIPS: dict[str, tuple[int, ...]] = {
    **dict.fromkeys(("eco_lite_4d_add", "eco_lite_4d_concat", "eco_lite_3d"), (1, 3, 8, 64, 64)),
    "r3d": (1, 3, 8, 40, 48),
    "r2plus1d": (1, 3, 8, 40, 48),
    "x3d": (1, 3, 5, 40, 48),
}


def _eco(name: str) -> Any:
    import edgeconv_models

    build = getattr(edgeconv_models, name)
    return build(num_frames=8, image_size=64, width=0.25, num_classes=11)


def _residual(make: str) -> Any:
    """torchvision's own stems and blocks, two stages of few channels instead of four of many."""
    from torch import nn

    from zoo import torchvision_shim  # noqa: F401

    from torchvision.models.video import resnet  # isort: skip

    maker = getattr(resnet, make)
    spatial_first = make == "Conv2Plus1D"
    stem, wide = (resnet.R2Plus1dStem if spatial_first else resnet.BasicStem)(), 12
    stride = maker.get_downsample_stride(2)
    short = nn.Sequential(nn.Conv3d(64, wide, 1, stride=stride, bias=False), nn.BatchNorm3d(wide))
    return nn.Sequential(
        stem,
        resnet.BasicBlock(64, wide, maker, 2, short),
        resnet.BasicBlock(wide, wide, maker),
        nn.AdaptiveAvgPool3d(1),
        nn.Flatten(),
        nn.Linear(wide, 7),
    )


def _x3d() -> Any:
    """Depthwise 3x3x3, squeeze and excitation, swish: two of pytorchvideo's own stages and its own stem."""
    from torch import nn

    from zoo import torchvision_shim  # noqa: F401

    from pytorchvideo.models import x3d  # isort: skip

    stem = x3d.create_x3d_stem(in_channels=3, out_channels=8, conv_kernel_size=(5, 3, 3), conv_stride=(1, 2, 2))
    stages = [
        x3d.create_x3d_res_stage(
            depth=2,
            dim_in=i,
            dim_inner=2 * o,
            dim_out=o,
            bottleneck=x3d.create_x3d_bottleneck_block,
            conv_kernel_size=(3, 3, 3),
            conv_stride=(1, 2, 2),
        )
        for i, o in ((8, 8), (8, 16))
    ]
    return nn.Sequential(stem, *stages, nn.AdaptiveAvgPool3d(1), nn.Flatten(), nn.Linear(16, 7))


BUILD: dict[str, Callable[[], Any]] = {
    "eco_lite_4d_add": lambda: _eco("eco_lite_4d_add"),
    "eco_lite_4d_concat": lambda: _eco("eco_lite_4d_concat"),
    "eco_lite_3d": lambda: _eco("eco_lite_3d"),
    "r3d": lambda: _residual("Conv3DSimple"),
    "r2plus1d": lambda: _residual("Conv2Plus1D"),
    "x3d": _x3d,
}


def main(folder: Path) -> None:
    import torch

    from edgeconv.sources.exporters import export, subject_of
    from zoo.weights import randomise

    torch.set_num_threads(1)
    for name, shape in CLIPS.items():
        clip = torch.randn(shape, generator=torch.Generator().manual_seed(0))
        network = BUILD[name]()
        network = getattr(network, "prepare_for_export", lambda n=network: n)()
        export(subject_of(randomise(network, [[clip]], 0), (clip,)), folder / f"{name}.onnx", 18)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
