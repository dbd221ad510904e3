"""Where a model comes from: a registered name, module:factory, file.py:factory, or an .onnx file."""

from edgeconv.sources.api import (
    Description,
    Prepared,
    PrepareRequest,
    SourceSession,
    SourceSpec,
    model_names,
    open_source,
    resolve,
)

__all__ = [
    "Description",
    "PrepareRequest",
    "Prepared",
    "SourceSession",
    "SourceSpec",
    "model_names",
    "open_source",
    "resolve",
]
