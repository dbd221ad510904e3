"""PyTorch networks: build, load or seed, export, run. Runs inside the source's child process."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from torch import nn

from edgeconv.core.errors import ModelError
from edgeconv.core.numbered import numbered
from edgeconv.sources.api import (
    Answered,
    AnswerRequest,
    Description,
    Exported,
    ExportOnlyRequest,
    Prepared,
    PrepareRequest,
)
from edgeconv.sources.building import Built, build
from edgeconv.sources.exporters import Subject, export, probe_for
from edgeconv.sources.outputs import named_tensors
from edgeconv.sources.seeding import CLIPS, settle
from edgeconv.sources.signature import Flat, Signature
from edgeconv.sources.spec import SourceSpec
from edgeconv.sources.weights import load_weights, refuse_nan

Tensors = tuple[torch.Tensor, ...]
_FAULTS = (ArithmeticError, AssertionError, AttributeError, LookupError, RuntimeError, TypeError, ValueError)
"""What a network may raise on a clip that it does not take."""


def describe(spec: SourceSpec) -> Description:
    built = build(spec)
    return Description(
        inputs=built.signature.inputs,
        parameters=sum(p.numel() for p in built.network.parameters()),
        macs=count_macs(built),
        summary=built.summary,
        notes=built.notes,
    )


def prepare(request: PrepareRequest) -> Prepared:
    torch.set_num_threads(request.threads)
    spec, built = request.spec, build(request.spec)
    with _running(built.signature):
        if spec.from_file or spec.weights is not None:
            weights, untrained = _load(spec, built.network), False
        else:
            samples = list(islice(_samples(request.calibration), CLIPS))
            weights, untrained = settle(built.network, samples, spec.seed, Flat(built.network, built.signature)), True
    exporter, notes = export_network(spec, built, request.onnx, request.opset)
    outputs = _answer(built, request.verification, request.reference)
    return Prepared(
        weights=weights,
        untrained=untrained,
        exporter=exporter,
        has_reference=True,
        outputs=outputs,
        notes=notes,
    )


def _answer(built: Built, samples: Sequence[Path], target: Path) -> int:
    """Run the network sample by sample; one numbered file per output. Returns how many there are."""
    outputs: list[list[torch.Tensor]] = []
    with torch.inference_mode(), _running(built.signature):
        for sample in _samples(samples):
            args, kwargs = built.signature.arguments(sample)
            outputs.append(list(named_tensors(built.network(*args, **kwargs)).values()))
    for index, values in enumerate(zip(*outputs, strict=True)):
        np.save(numbered(target, index), np.stack([v.numpy() for v in values]).astype(np.float32))
    return len(outputs[0])


_LOADED: dict[str, str] = {}
"""By network: where its weights come from, once they are loaded."""


def answer(request: AnswerRequest) -> Answered:
    torch.set_num_threads(request.threads)
    spec, built = request.spec, build(request.spec)
    untrained = not spec.from_file and spec.weights is None
    key = spec.model_dump_json()
    if key not in _LOADED:
        _LOADED[key] = f"UNTRAINED: random weights (seed {spec.seed})" if untrained else _load(spec, built.network)
        if built.program is None:
            built.network.eval()
        refuse_nan(built.network, spec)
    outputs = _answer(built, request.samples, request.outputs)
    return Answered(outputs=outputs, weights=_LOADED[key], untrained=untrained)


def export_only(request: ExportOnlyRequest) -> Exported:
    torch.set_num_threads(request.threads)
    spec, built = request.spec, build(request.spec)
    untrained = not spec.from_file and spec.weights is None
    weights = f"UNTRAINED: random weights (seed {spec.seed})" if untrained else _load(spec, built.network)
    exporter, notes = export_network(spec, built, request.target, request.opset)
    return Exported(
        inputs=built.signature.inputs,
        weights=weights,
        untrained=untrained,
        exporter=exporter,
        notes=(*built.notes, *notes),
    )


def _load(spec: SourceSpec, network: nn.Module) -> str:
    if spec.weights is None:
        return "as in the .pt2 file"
    return load_weights(network, spec.weights)


def export_network(spec: SourceSpec, built: Built, path: Path, opset: int) -> tuple[str, tuple[str, ...]]:
    """Write ONNX; returns the exporter that did it, and notes."""
    network, signature = built.network, built.signature
    if built.program is None:
        network.eval()
    refuse_nan(network, spec)
    prepare_for_export = getattr(network, "prepare_for_export", None)
    deployed = prepare_for_export() if callable(prepare_for_export) else network
    probe = probe_for(signature.examples)
    with torch.no_grad(), _running(signature):
        args, kwargs = signature.arguments(probe)
        answer = network(*args, **kwargs)
    outputs = named_tensors(answer)
    plain = signature.plain and isinstance(answer, torch.Tensor)
    subject = Subject(
        network=deployed if plain else Flat(deployed, signature),
        examples=signature.examples,
        probe=probe,
        expected=tuple(tensor.numpy() for tensor in outputs.values()),
        input_names=tuple(i.name for i in signature.inputs),
        output_names=tuple(outputs),
        program=built.program,
    )
    return export(subject, path, opset)


def _samples(files: Sequence[Path]) -> Iterator[Tensors]:
    for arrays in zip(*(np.load(f, mmap_mode="r") for f in files), strict=True):
        yield tuple(torch.from_numpy(np.array(a)) for a in arrays)


@contextmanager
def _running(signature: Signature) -> Iterator[None]:
    try:
        yield
    except _FAULTS as error:
        shapes = " and ".join(str(list(i.shape)) for i in signature.inputs)
        raise ModelError(
            f"the network does not run on a clip of shape {shapes}",
            reasons=[f"{type(error).__name__}: {' '.join(str(error).split())[:500]}"],
            hint="is --input-shape (with --input-layout) what the network takes?",
        ) from error


def count_macs(built: Built) -> int:
    """Multiply-accumulates of one pass, counted on the meta device (no arithmetic is done)."""
    from torch.utils.flop_counter import FlopCounterMode

    network = built.network
    state = {n: t.to("meta") for n, t in (*network.named_parameters(), *network.named_buffers())}
    args, kwargs = built.signature.arguments([t.to("meta") for t in built.signature.examples])
    try:
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            torch.func.functional_call(network, state, args, kwargs)
    except _FAULTS:
        return 0  # a network that cannot run on meta tensors, or not on this shape: reported as unknown
    return int(counter.get_total_flops()) // 2
