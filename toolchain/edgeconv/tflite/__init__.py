"""TFLite: own NHWC emission through the layout algebra, own full-int8 quantization, own deterministic writer."""

from edgeconv.tflite.backend import TfliteBackend
from edgeconv.tflite.calibrate import chosen_ranges, clipped_range, complete_ranges, measured_tensors
from edgeconv.tflite.graph import Graph, Op, Quant, Tensor
from edgeconv.tflite.mixed import Wide, has_kernels, named_tensors, same_scale, wide_tensors
from edgeconv.tflite.optimize import optimize
from edgeconv.tflite.quantize import Recipe, quantize
from edgeconv.tflite.rounding import read_moments
from edgeconv.tflite.scales import Range
from edgeconv.tflite.split import FEATURES, Parts, split
from edgeconv.tflite.strip import Rezero, Stripped, to_strip
from edgeconv.tflite.writer import write

__all__ = [
    "FEATURES",
    "Graph",
    "Op",
    "Parts",
    "Quant",
    "Range",
    "Recipe",
    "Rezero",
    "Stripped",
    "Tensor",
    "TfliteBackend",
    "Wide",
    "chosen_ranges",
    "clipped_range",
    "complete_ranges",
    "has_kernels",
    "measured_tensors",
    "named_tensors",
    "optimize",
    "quantize",
    "read_moments",
    "same_scale",
    "split",
    "to_strip",
    "wide_tensors",
    "write",
]
