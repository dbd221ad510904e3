"""The network: a 2D net on every frame, a residual head over time, one linear layer."""

from __future__ import annotations

import copy
import math
from os import PathLike
from typing import Literal, get_args

import torch
from torch import Tensor, nn

from edgeconv_models import checkpoints
from edgeconv_models.backbones import build_backbone
from edgeconv_models.blocks import STRIDES, AddBlock, Grid
from edgeconv_models.heads import Head3d, Head4d

Head = Literal["3d", "add", "concat", "sequential"]
"""The published 3D head, or the way the two branches of every 4D block are combined."""

FRAMES_DIVISOR = 4
"""The head halves the time axis twice."""

MIN_IMAGE_SIZE = 32
"""The backbone divides the grid by 8 and the head by 4."""


class EcoLite(nn.Module):
    """ECO-Lite: clip (N, 3, T, H, W), normalised, to logits (N, num_classes).

    In the 4D variants the clip itself is the only tensor with more than four axes. Parameters as described in
    :mod:`edgeconv_models.factories`; ``head`` is ``"3d"``, ``"add"``, ``"concat"`` or ``"sequential"``.

    The published weights want BGR frames with values 0 to 255 less (104, 117, 128).

    Attributes:
        input_shape: (1, 3, T, H, W).
        input_layout: ``"NCTHW"``.
        num_classes: size of the logits.
        backbone, head, classifier: the three parts; ``classifier`` is the final :class:`torch.nn.Linear`.

    Raises:
        ValueError: a parameter has a value that cannot be built.
    """

    input_layout = "NCTHW"

    def __init__(
        self,
        head: Head,
        *,
        num_classes: int = 400,
        num_frames: int = 16,
        image_size: int = 224,
        width: float = 1.0,
        backbone: str = "bn-inception",
        stride: str = "aligned",
        seed: int = 0,
    ) -> None:
        super().__init__()
        _check(head, num_classes, num_frames, image_size, width, stride, seed)
        self.num_classes, self.num_frames, self.image_size = num_classes, num_frames, image_size
        self.input_shape = (1, 3, num_frames, image_size, image_size)
        self.variant: Head = head
        self.backbone_name = backbone
        with torch.random.fork_rng(devices=[]):  # layers draw default weights, which initialise() replaces
            self.backbone = build_backbone(backbone, width)
            rows = self.backbone.grid(image_size)
            grid = Grid(num_frames, rows, rows)
            self.head: Head3d | Head4d
            if head == "3d":
                self.head = Head3d(self.backbone.channels, width, grid)
            else:
                self.head = Head4d(self.backbone.channels, width, grid, block=head, mode=stride)
            self.dropout = nn.Dropout(0.3)
            self.classifier = nn.Linear(self.head.channels, num_classes)
        initialise(self, seed)

    def forward(self, clip: Tensor) -> Tensor:
        """Clip (N, 3, T, H, W) to logits (N, num_classes)."""
        if not torch.onnx.is_in_onnx_export() and tuple(clip.shape[1:]) != self.input_shape[1:]:
            wanted = ", ".join(str(size) for size in self.input_shape[1:])
            raise ValueError(f"this network takes clips of shape (N, {wanted}), not {tuple(clip.shape)}")
        size = self.image_size
        planes = clip.reshape(-1, 3, self.num_frames, size * size)
        frames = planes.transpose(1, 2).reshape(-1, 3, size, size)
        logits: Tensor = self.classifier(self.dropout(self.head(self.backbone(frames))))
        return logits

    def prepare_for_export(self) -> EcoLite:
        """A copy in eval mode with the same function in fewer operations; the network itself is not touched.

        In the add variant the temporal centre tap of every block whose branches look at the same place moves into
        the spatial kernel (:meth:`~edgeconv_models.blocks.AddBlock.merge_centre_tap`): exact up to rounding, and one
        twelfth of those blocks' multiplications less. The other variants are copied as they are.
        """
        network = copy.deepcopy(self).eval()
        for block in network.modules():
            if isinstance(block, AddBlock):
                block.merge_centre_tap()
        return network

    def load_checkpoint(self, path: str | PathLike[str]) -> str:
        """Load weights from a file, or raise and change nothing.

        Two formats are understood, each bare or inside a dict under ``"state_dict"``: a state dict of this network,
        and a published ECO checkpoint (``module.base_model.<layer>``, ``module.new_fc``). The published one fills
        the 3D network completely; of a 4D variant it fills the 2D net, and the head keeps its seeded weights.

        Returns:
            What was loaded, in words.

        Raises:
            CheckpointError: the file does not fit; ``reasons`` lists everything that is wrong with it.
        """
        return checkpoints.load(self, path, complete=self.variant == "3d")


def initialise(network: nn.Module, seed: int) -> None:
    """He-initialise convolutions (fan-out), draw linear layers from a small normal, and zero every bias.

    All numbers come from a private generator: the same seed gives the same weights, and the global random state
    stays as it was.
    """
    generator = torch.Generator().manual_seed(seed)
    for layer in network.modules():
        if isinstance(layer, (nn.Conv2d, nn.Conv3d)):
            fan_out = layer.weight[0, 0].numel() * layer.out_channels // layer.groups
            nn.init.normal_(layer.weight, std=math.sqrt(2 / fan_out), generator=generator)
        elif isinstance(layer, nn.Linear):
            nn.init.normal_(layer.weight, std=0.01, generator=generator)
        else:
            continue
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)


def _check(head: str, num_classes: int, num_frames: int, image_size: int, width: float, stride: str, seed: int) -> None:
    """Refuse what cannot be built; each refusal says what would be right."""
    whole = {"num_classes": num_classes, "num_frames": num_frames, "image_size": image_size, "seed": seed}
    for name, value in whole.items():
        if not isinstance(value, int) or isinstance(value, bool):
            raise ValueError(f"{name} must be a whole number, not {value!r}")
    if num_classes < 1:
        raise ValueError(f"num_classes must be at least 1, not {num_classes}")
    if num_frames < 1 or num_frames % FRAMES_DIVISOR:
        raise ValueError(
            f"num_frames must be a multiple of {FRAMES_DIVISOR} (the head halves the time axis twice), not {num_frames}"
        )
    if image_size < MIN_IMAGE_SIZE:
        raise ValueError(f"image_size must be at least {MIN_IMAGE_SIZE}, not {image_size}")
    if not isinstance(width, (int, float)) or not math.isfinite(width) or width <= 0:
        raise ValueError(f"width must be a positive number, not {width!r}")
    if head not in get_args(Head):
        raise ValueError(f"there is no head {head!r}; choose one of {', '.join(get_args(Head))}")
    if stride not in STRIDES:
        raise ValueError(f"there is no stride {stride!r}; choose one of {', '.join(STRIDES)}")
