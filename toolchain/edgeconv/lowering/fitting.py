"""Whether the weights and the window of a convolution or pool fit what they are applied to."""

from __future__ import annotations

from collections.abc import Sequence

from edgeconv.core.errors import Refused
from edgeconv.core.layout import Array

_REMEDY = "check the weights and attributes of the model: no runtime takes it"


def weights_fit(shape: Sequence[int], weight: Array, bias: Array | None, groups: int, *, transposed: bool) -> None:
    """Shape inference does not compare these.

    Args:
        shape: of the input, [N, C, S1..Sn].
        weight: [O, C / groups, k1..kn]; transposed [C, O / groups, k1..kn].
        bias: [O] or None.
        groups: attribute `group`.
        transposed: of a ConvTranspose.

    Raises:
        Refused: the weight has another rank or another number of channels, or the bias another size.
    """
    have = list(weight.shape)
    if len(have) != len(shape):
        raise Refused(f"its weight {have} has another rank than its input", _REMEDY)
    takes, gives = (have[0], have[1] * groups) if transposed else (have[1] * groups, have[0])
    if takes != shape[1]:
        raise Refused(f"its weight {have} of group {groups} takes {takes} channels, its input has {shape[1]}", _REMEDY)
    if groups < 1 or takes % groups or gives % groups:
        raise Refused(f"its {takes} channels in and {gives} out are not divisible by group {groups}", _REMEDY)
    if bias is not None and bias.shape != (gives,):
        raise Refused(f"its bias {list(bias.shape)} is not one number for each of {gives} channels", _REMEDY)


def window_fits(sizes: Sequence[int]) -> None:
    """Refuse outputs without elements.

    Raises:
        Refused: the window is larger than what it is applied to.
    """
    if min(sizes) < 1:
        raise Refused(f"its output would have the size {list(sizes)}", "use a larger clip or larger pads")
