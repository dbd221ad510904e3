"""One factory per network. Torch is imported inside, so this module costs nothing to import.

All of them take:

* ``num_classes``: size of the logits.
* ``num_frames``: frames T of a clip, a multiple of 4 (the head halves the time axis twice).
* ``image_size``: height and width of a frame, at least 32.
* ``width``: multiplies every channel count, of the 2D network and of the head.
* ``backbone``: the 2D network that sees each frame: ``"bn-inception"`` or ``"mobilenet"``.
* ``seed``: the same seed gives the same weights; the global random state of torch stays untouched.

and the 4D ones also ``stride``, how the temporal branch strides: ``"aligned"`` samples the grid positions that the
spatial branch samples, ``"paper"`` every fourth position of the flattened grid (see :mod:`edgeconv_models.blocks`).

Each returns an :class:`~edgeconv_models.eco_lite.EcoLite`: clip (N, 3, T, H, W) in, logits (N, num_classes) out.
A wrong argument is a :class:`ValueError` with a sentence that says what would be right.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edgeconv_models.eco_lite import EcoLite


def eco_lite_3d(
    *,
    num_classes: int = 400,
    num_frames: int = 16,
    image_size: int = 224,
    width: float = 1.0,
    backbone: str = "bn-inception",
    seed: int = 0,
) -> EcoLite:
    """ECO-Lite as published: a 2D network per frame, then a residual head of 3x3x3 convolutions (5D inside)."""
    from edgeconv_models.eco_lite import EcoLite

    return EcoLite(
        "3d",
        num_classes=num_classes,
        num_frames=num_frames,
        image_size=image_size,
        width=width,
        backbone=backbone,
        seed=seed,
    )


def eco_lite_4d_add(
    *,
    num_classes: int = 400,
    num_frames: int = 16,
    image_size: int = 224,
    width: float = 1.0,
    backbone: str = "bn-inception",
    stride: str = "aligned",
    seed: int = 0,
) -> EcoLite:
    """ECO-Lite without 5D: each 3x3x3 convolution becomes a 3x3 and a 3x1 side by side, added."""
    from edgeconv_models.eco_lite import EcoLite

    return EcoLite(
        "add",
        num_classes=num_classes,
        num_frames=num_frames,
        image_size=image_size,
        width=width,
        backbone=backbone,
        stride=stride,
        seed=seed,
    )


def eco_lite_4d_concat(
    *,
    num_classes: int = 400,
    num_frames: int = 16,
    image_size: int = 224,
    width: float = 1.0,
    backbone: str = "bn-inception",
    stride: str = "aligned",
    seed: int = 0,
) -> EcoLite:
    """ECO-Lite without 5D: a 3x3 and a 3x1 side by side, half of the filters each, concatenated. The smallest."""
    from edgeconv_models.eco_lite import EcoLite

    return EcoLite(
        "concat",
        num_classes=num_classes,
        num_frames=num_frames,
        image_size=image_size,
        width=width,
        backbone=backbone,
        stride=stride,
        seed=seed,
    )


def eco_lite_4d_sequential(
    *,
    num_classes: int = 400,
    num_frames: int = 16,
    image_size: int = 224,
    width: float = 1.0,
    backbone: str = "bn-inception",
    stride: str = "aligned",
    seed: int = 0,
) -> EcoLite:
    """ECO-Lite without 5D: a 3x3 and after it a 3x1. Both values of ``stride`` give the same network here."""
    from edgeconv_models.eco_lite import EcoLite

    return EcoLite(
        "sequential",
        num_classes=num_classes,
        num_frames=num_frames,
        image_size=image_size,
        width=width,
        backbone=backbone,
        stride=stride,
        seed=seed,
    )
