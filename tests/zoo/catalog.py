"""The networks that must go through: what they are, on which clips, and what is demanded of them. No torch in here."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum


class Family(Enum):
    """What is demanded differs: a transformer must be exact in 4D, its int8 form is not asked for."""

    CNN = "video CNNs"
    UNET = "3D U-Nets"
    TRANSFORMER = "video transformers"


Shape = tuple[int, ...]


@dataclass(frozen=True)
class Network:
    """One network of the zoo, small enough to be run on two cores."""

    name: str
    factory: str
    """'module:function' within the package `zoo`; takes the clip shapes and returns a torch module."""
    family: Family
    shapes: tuple[Shape, ...]
    """Of every input; all dimensions differ, so that no two axes can be taken for each other."""
    layout: str = "NCTHW"
    listed: bool = True
    """Named in the list that must go through; the others show that the list was not all we tried."""
    exporters: tuple[str, ...] = ("torchscript", "dynamo")
    """In the order in which they are tried."""


_CLIP: Shape = (1, 3, 8, 64, 96)


def _cnn(name: str, factory: str, *shapes: Shape, layout: str = "NCTHW", listed: bool = True) -> Network:
    return Network(name, factory, Family.CNN, shapes or (_CLIP,), layout, listed)


def _unet(name: str, *shapes: Shape, listed: bool = True) -> Network:
    return Network(name, f"monai_nets:{name}", Family.UNET, shapes, listed=listed)


def _transformer(name: str, factory: str, *shapes: Shape, listed: bool = True) -> Network:
    return Network(name, factory, Family.TRANSFORMER, shapes, listed=listed)


NETWORKS = (
    _cnn("r3d_18", "torchvision_nets:r3d_18"),
    _cnn("mc3_18", "torchvision_nets:mc3_18"),
    _cnn("r2plus1d_18", "torchvision_nets:r2plus1d_18"),
    _cnn("s3d", "torchvision_nets:s3d", (1, 3, 16, 64, 96)),
    _cnn("x3d_s", "pytorchvideo_nets:x3d_s", (1, 3, 13, 64, 96)),
    _cnn("slow_r50", "pytorchvideo_nets:slow_r50"),
    _cnn("slowfast_r50", "pytorchvideo_nets:slowfast_r50", (1, 3, 4, 64, 96), (1, 3, 16, 64, 96)),
    _cnn("i3d_r50", "pytorchvideo_nets:i3d_r50"),
    _cnn("c2d_r50", "pytorchvideo_nets:c2d_r50"),
    _cnn("csn_r101", "pytorchvideo_nets:csn_r101"),
    _cnn("r2plus1d_r50", "pytorchvideo_nets:r2plus1d_r50"),
    _cnn("densenet121_3d", "monai_nets:densenet121_3d", (1, 1, 32, 64, 96)),
    _cnn("c3d", "own_nets:c3d", (1, 3, 16, 64, 80)),
    _cnn("i3d_inception", "own_nets:i3d_inception", (1, 3, 16, 64, 96)),
    _cnn("eco_lite_3d", "own_nets:eco_lite_3d", (1, 3, 16, 112, 112)),
    _unet("unet_3d", (1, 1, 24, 32, 48)),
    _unet("attention_unet_3d", (1, 1, 24, 32, 48)),
    _unet("segresnet_3d", (1, 1, 24, 32, 48)),
    replace(_transformer("mvit_v2_s", "torchvision_nets:mvit_v2_s", (1, 3, 8, 64, 96)), exporters=("dynamo",)),
    _transformer("swin3d_t", "torchvision_nets:swin3d_t", (1, 3, 6, 64, 80)),
    _transformer("unetr", "monai_nets:unetr", (1, 1, 32, 48, 64)),
    _cnn("efficient_x3d_s", "pytorchvideo_nets:efficient_x3d_s", (1, 3, 13, 64, 96), listed=False),
    _unet("dynunet_3d", (1, 1, 24, 32, 48), listed=False),
    Network("stress_unet", "own_nets:stress_unet", Family.UNET, ((2, 3, 6, 20, 28),), listed=False),
    _transformer("mvit_b", "pytorchvideo_nets:mvit_b", (1, 3, 8, 64, 96), listed=False),
)
"""`stress_unet` is of our own: what the libraries' U-Nets do not hold together (see own_nets). TorchScript takes most
of a minute for mvit_v2_s, and its file does not run in ONNX Runtime."""


def network(name: str, shapes: tuple[Shape, ...] = ()) -> Network:
    """By name, on clips of its usual or of other shapes."""
    found = next(n for n in NETWORKS if n.name == name)
    return replace(found, shapes=shapes) if shapes else found
