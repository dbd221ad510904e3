"""Words and helpers that the Ethos-U constraints share."""

from __future__ import annotations

from edgeconv.core.summary import OpInfo, TensorInfo
from edgeconv.targets.constraint import Finding

VELA_5 = "ethos-u-vela 5.2.0, its --supported-ops-report and single ops compiled"
VELA_4 = "ethos-u-vela 4.5.0, its --supported-ops-report and single ops compiled"
WEIGHTED = ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "TRANSPOSE_CONV")


def sides(tensor: TensorInfo) -> tuple[int, int]:
    """Height and width."""
    return tensor.shape[-3], tensor.shape[-2]


def batch_of(tensor: TensorInfo) -> int:
    return tensor.shape[0] if len(tensor.shape) == 4 else 1


def stride(op: OpInfo) -> tuple[int, int]:
    return op.attributes.get("stride_h", 1), op.attributes.get("stride_w", 1)


def window(op: OpInfo) -> tuple[int, int]:
    return op.attributes.get("filter_height", 1), op.attributes.get("filter_width", 1)


def average_window_fits(op: OpInfo) -> Finding:
    """The limits of both versions."""
    height, width = window(op)
    padding = op.attributes.get("padding")
    fits = height <= 256 and height * width <= 65536 if padding == "VALID" else max(height, width) <= 8
    return Finding(fits, f"window {[height, width]}, {padding}")


def weights(op: OpInfo) -> TensorInfo:
    """The filter of a convolution or the weights of FULLY_CONNECTED; raises IndexError where there are none."""
    given = op.inputs[1]
    if given is None:
        raise IndexError("the weights are left out")
    return given


def kernel(op: OpInfo) -> tuple[int, int]:
    """Height and width of a filter."""
    shape = weights(op).shape
    return shape[1], shape[2]


def dilated_window(op: OpInfo) -> tuple[int, int]:
    """Height and width of a filter, its gaps included."""
    height, width = kernel(op)
    down, right = (op.attributes.get(f"dilation_{side}_factor", 1) for side in "hw")
    return (height - 1) * down + 1, (width - 1) * right + 1


def reduced(op: OpInfo) -> tuple[int, ...] | None:
    """The axes of a reduction, counted from the front; None when they are not constant."""
    axes = op.attributes.get("axes")
    rank = max(len(op.tensors[0].shape), 1)
    return None if axes is None else tuple(sorted({axis % rank for axis in axes}))


def factors(op: OpInfo) -> tuple[float, float]:
    """How a resize scales height and width."""
    less = 1 if op.attributes.get("align_corners") else 0
    before, after = sides(op.tensors[0]), sides(op.outputs[0])
    height, width = ((a - less) / max(b - less, 1) for a, b in zip(after, before, strict=True))
    return height, width


def positions_computed(op: OpInfo) -> Finding:
    """Passes when every input but the first is a constant."""
    computed = [t.name for t in op.inputs[1:] if t is not None and not t.constant]
    return Finding(not computed, f"computed at run time: {', '.join(computed)}")


def unquantized(tensor: TensorInfo) -> bool:
    return not tensor.scales
