"""edgeconv: Conv3d video networks in, proven 4D full-int8 TFLite bundles out. Importing it loads nothing heavy."""

__version__ = "0.1.0"
