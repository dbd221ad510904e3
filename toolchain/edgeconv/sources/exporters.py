"""PyTorch to ONNX; both exporters are tried where one fails."""

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from pathlib import Path

import torch
from torch import nn

from edgeconv.core.errors import ModelError, disk_is_full


def export(network: nn.Module, example: torch.Tensor, path: Path, opset: int) -> tuple[str, tuple[str, ...]]:
    """Write static-shape ONNX; returns the exporter that did it, and notes.

    The TorchScript exporter goes first: on the networks tried it is two to five times faster and its graphs simplify
    to the same size; what it cannot do, the dynamo exporter often can.
    """
    notes = []
    failures = []
    for name, dynamo in (("torchscript", False), ("dynamo", True)):
        try:
            _export(network, example, path, opset, dynamo)
        except Exception as error:  # exporters raise anything; both reasons are reported
            if disk_is_full(error):
                raise
            reason = " ".join(str(error).split())[:300]
            failures.append(f"{name} exporter: {type(error).__name__}: {reason}")
            continue
        notes += [f"the {failures[0]}"] if failures else []
        return f"torch.onnx ({name}), torch {torch.__version__}", tuple(notes)
    raise ModelError("PyTorch cannot export the network to ONNX", reasons=failures)


def _export(network: nn.Module, example: torch.Tensor, path: Path, opset: int, dynamo: bool) -> None:
    silence = io.StringIO()
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings(), contextlib.redirect_stdout(silence), contextlib.redirect_stderr(silence):
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network,
            (example,),
            str(path),
            opset_version=opset,
            input_names=["clip"],
            output_names=["logits"],
            dynamo=dynamo,
            external_data=False,
        )
