"""Where a model comes from: a registered name, module:factory, file.py:factory, or an .onnx file."""

from edgeconv.sources.api import (
    Description,
    Exported,
    InputInfo,
    Prepared,
    PrepareRequest,
    SourceSession,
    SourceSpec,
    export_onnx,
    model_names,
    open_source,
    resolve,
)

__all__ = [
    "Description",
    "Exported",
    "InputInfo",
    "PrepareRequest",
    "Prepared",
    "SourceSession",
    "SourceSpec",
    "export_onnx",
    "model_names",
    "open_source",
    "resolve",
]
