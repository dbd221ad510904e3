"""Station: the original against the lowered graph, layer by layer; the first layer that differs by itself is named."""

from edgeconv.layerwise.api import (
    TOLERANCE,
    Clips,
    Layer,
    LayersRequest,
    OutputDifference,
    Verification,
    compare_layers,
)

__all__ = ["TOLERANCE", "Clips", "Layer", "LayersRequest", "OutputDifference", "Verification", "compare_layers"]
