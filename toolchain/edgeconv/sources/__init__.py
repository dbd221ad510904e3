"""Where a model comes from: a registered name, module:factory, file.py:factory, an .onnx or a .pt2 file."""

from edgeconv.core.report import InputInfo
from edgeconv.sources.api import (
    AnswerRequest,
    Combine,
    Description,
    Exported,
    FactorizedFile,
    FactorizeRequest,
    Init,
    Prepared,
    PrepareRequest,
    SourceSession,
    export_onnx,
    factorize,
    open_source,
)
from edgeconv.sources.in_memory import export_module, save_program
from edgeconv.sources.spec import SourceSpec, model_names, resolve

__all__ = [
    "AnswerRequest",
    "Combine",
    "Description",
    "Exported",
    "FactorizeRequest",
    "FactorizedFile",
    "Init",
    "InputInfo",
    "PrepareRequest",
    "Prepared",
    "SourceSession",
    "SourceSpec",
    "export_module",
    "export_onnx",
    "factorize",
    "model_names",
    "open_source",
    "resolve",
    "save_program",
]
