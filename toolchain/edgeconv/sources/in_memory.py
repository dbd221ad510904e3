"""Networks that a program holds in memory: it has imported torch already, so they are exported where they are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgeconv.core.errors import UsageError
from edgeconv.sources.api import Exported
from edgeconv.sources.spec import (
    Layouts,
    Shape,
    Shapes,
    SourceSpec,
    read_layouts,
    read_shapes,
    refuse_misfits,
    resolve,
)

if TYPE_CHECKING:
    from torch import nn


def export_module(
    network: nn.Module,
    examples: Any,
    target: Path,
    opset: int,
    *,
    input_shapes: Shape | Shapes | None = None,
    input_layouts: str | Layouts | None = None,
) -> Exported:
    """Write static-shape ONNX of a module as it is, its own weights included, in this process.

    Args:
        network: in whatever mode; exported in eval mode, and left as it was.
        examples: what forward takes (a tensor, a tuple of arguments, a dictionary of keyword arguments), or None where
            the shapes are given or the module tells them.
        target: the file to write.
        opset: of the file.
        input_shapes: in the order of the inputs, or by name.
        input_layouts: axis orders, likewise.

    Raises:
        UsageError: the shapes are not known, or the module is not on the CPU.
        ModelError: it does not run, or no exporter can write it; every reason is listed.
    """
    from edgeconv.sources.building import Built
    from edgeconv.sources.signature import read_signature
    from edgeconv.sources.torch_worker import export_network

    spec = _spec(network, input_shapes, input_layouts)
    with _evaluating(network):
        built = Built(network, read_signature(spec, network, examples))
        exporter, notes = export_network(spec, built, target, opset)
    return Exported(
        inputs=built.signature.inputs,
        weights="as in memory",
        untrained=False,
        exporter=exporter,
        notes=notes,
    )


def save_program(
    network: nn.Module,
    examples: Any,
    folder: Path,
    opset: int,
    *,
    input_shapes: Shape | Shapes | None = None,
    input_layouts: str | Layouts | None = None,
    seed: int = 0,
) -> SourceSpec:
    """Save a module so that another process can take it as a source: .pt2, or .onnx where torch cannot export it.

    A .pt2 file is still PyTorch, so that the export is proven against PyTorch's own answers.

    Raises:
        UsageError, ModelError: as :func:`export_module` does.
    """
    import torch

    from edgeconv.sources.signature import read_signature

    spec = _spec(network, input_shapes, input_layouts)
    with _evaluating(network):
        signature = read_signature(spec, network, examples)
        path = folder / f"{spec.name}.pt2"
        try:
            args, kwargs = signature.arguments(signature.examples)
            torch.export.save(torch.export.export(network, args, kwargs), path)
        except Exception:  # noqa: BLE001 - torch.export raises anything; the other way tells what is wrong
            path = path.with_suffix(".onnx")
            export_module(network, examples, path, opset, input_shapes=input_shapes, input_layouts=input_layouts)
    return resolve(str(path), input_layout=tuple(i.layout for i in signature.inputs if i.layout), seed=seed)


def _spec(network: nn.Module, input_shapes: Shape | Shapes | None, input_layouts: str | Layouts | None) -> SourceSpec:
    kind = type(network)
    devices = {str(p.device) for p in network.parameters()} - {"cpu"}
    if devices:
        raise UsageError(f"the network {kind.__name__} lies on {', '.join(sorted(devices))}", hint="give network.cpu()")
    shapes, layouts = read_shapes(input_shapes), read_layouts(input_layouts)
    refuse_misfits(shapes, layouts)
    return SourceSpec(
        text=kind.__name__,
        kind="factory",
        location=f"{kind.__module__}:{kind.__name__}",
        input_shapes=shapes,
        input_layouts=layouts,
    )


@contextmanager
def _evaluating(network: nn.Module) -> Iterator[None]:
    """In eval mode, and every part back in its own mode afterwards."""
    modes = [(m, m.training) for m in network.modules()]
    network.eval()
    try:
        yield
    finally:
        for module, training in modes:
            module.training = training
