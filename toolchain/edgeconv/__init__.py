"""edgeconv: Conv3d video networks in, proven 4D full-int8 TFLite bundles out. Importing it loads nothing heavy."""

from edgeconv.api import export, lower
from edgeconv.lowered_model import LoweredModel

__all__ = ["LoweredModel", "__version__", "export", "lower"]

__version__ = "0.1.0"
