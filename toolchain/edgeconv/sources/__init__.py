"""Where a model comes from: a registered name, module:factory, file.py:factory, an .onnx or a .pt2 file."""

from edgeconv.core.report import InputInfo
from edgeconv.sources.api import (
    AnswerRequest,
    Description,
    Exported,
    Prepared,
    PrepareRequest,
    SourceSession,
    export_onnx,
    open_source,
)
from edgeconv.sources.in_memory import export_module, save_program
from edgeconv.sources.spec import SourceSpec, model_names, resolve

__all__ = [
    "AnswerRequest",
    "Description",
    "Exported",
    "InputInfo",
    "PrepareRequest",
    "Prepared",
    "SourceSession",
    "SourceSpec",
    "export_module",
    "export_onnx",
    "model_names",
    "open_source",
    "resolve",
    "save_program",
]
