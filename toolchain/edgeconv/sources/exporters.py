"""PyTorch to ONNX: both exporters are tried where one fails, or where what it wrote does not do what PyTorch does."""

from __future__ import annotations

import contextlib
import io
import logging
import re
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import torch
from torch import nn

from edgeconv.core.errors import ModelError, disk_is_full
from edgeconv.core.layout import Array
from edgeconv.core.numbered import numbered
from edgeconv.runtimes import Feed, RunRequest, run_model
from edgeconv.sources.onnx_static import freeze
from edgeconv.sources.outputs import named_tensors
from edgeconv.sources.rewrites import Rewriting

TOLERANCE = 1e-4
"""Largest difference to PyTorch over the output's scale that two runtimes may have by summing in other orders."""


@dataclass(frozen=True)
class Subject:
    """What is exported, and by what the result is judged."""

    network: nn.Module
    """Takes tensors and gives a tensor, or a tuple of them."""
    examples: tuple[torch.Tensor, ...]
    probe: tuple[torch.Tensor, ...]
    """Inputs on which the exported graph is compared; unlike the examples they are not all zero."""
    expected: tuple[Array, ...]
    """What PyTorch answers to the probe."""
    input_names: tuple[str, ...]
    output_names: tuple[str, ...]
    program: torch.export.ExportedProgram | None = None


def probe_for(examples: Sequence[torch.Tensor]) -> tuple[torch.Tensor, ...]:
    """Seeded normal values for what is real; integers keep their example, which alone is known to be in range."""
    random = torch.Generator().manual_seed(0)
    return tuple(
        torch.randn(e.shape, generator=random, dtype=e.dtype) if e.is_floating_point() else e for e in examples
    )


def subject_of(network: nn.Module, examples: tuple[torch.Tensor, ...]) -> Subject:
    """A network that takes tensors, under our usual names for both ends, and what it answers."""
    probe = probe_for(examples)
    with torch.no_grad():
        outputs = named_tensors(network(*probe))
    inputs = [f"clip_{i}" for i in range(len(examples))] if len(examples) > 1 else ["clip"]
    expected = tuple(tensor.numpy() for tensor in outputs.values())
    return Subject(network, examples, probe, expected, tuple(inputs), tuple(outputs))


def export(subject: Subject, path: Path, opset: int) -> tuple[str, tuple[str, ...]]:
    """Write static-shape ONNX; returns the exporter that did it, and notes.

    The TorchScript exporter goes first: on the networks tried it is two to five times faster and its graphs simplify
    to the same size; what it cannot do, the dynamo exporter often can. Each graph is run once in ONNX Runtime.

    Raises:
        ModelError: neither exporter writes a graph that runs; both reasons are told.
    """
    rewriting, notes = _rewriting(subject)
    failures: list[str] = []
    best: tuple[float, str, Path] | None = None
    for name in ("torchscript", "dynamo") if subject.program is None else ("dynamo",):
        written = path.with_name(f"{path.stem}.{name}.onnx")
        try:
            with rewriting:
                _export(subject, written, opset, dynamo=name == "dynamo")
            apart = difference(written, subject)
        except Exception as error:  # exporters raise anything; both reasons are reported
            written.unlink(missing_ok=True)
            if disk_is_full(error):
                raise
            failures.append(f"{name} exporter: {type(error).__name__}: {_reason(error)}")
            continue
        if best is None or apart < best[0]:
            best = apart, name, written
        if apart <= TOLERANCE:
            break
        failures.append(f"{name} exporter: its graph is {apart:.1e} of the output's scale away from PyTorch")
    if best is None:
        raise ModelError("PyTorch cannot export the network to ONNX", reasons=failures)
    apart, name, written = best
    written.replace(path)
    for left in path.parent.glob(f"{path.stem}.*.onnx"):
        left.unlink()
    return f"torch.onnx ({name}), torch {torch.__version__}", (*notes, *(f"the {failure}" for failure in failures))


_ADVICE = re.compile(r"\x1b\[\d+m|<class '[^']*'>:|\(Refer to the full stack trace.*|⬆️")


def _reason(error: Exception) -> str:
    """On one line; of the dynamo exporter's long advice only what happened."""
    told = str(error).split("## Exception summary")[-1]
    return " ".join(_ADVICE.sub("", told).split())[:400]


def _rewriting(subject: Subject) -> tuple[Rewriting, tuple[str, ...]]:
    """The rewrites that the network needs, if it does the same with them."""
    rewriting = Rewriting()
    with torch.no_grad(), rewriting:
        got = subject.network(*subject.probe)
    apart = _apart(subject.expected, [t.numpy() for t in named_tensors(got).values()])
    if apart > TOLERANCE:
        return Rewriting(()), (f"not rewritten for the exporters: it would be {apart:.1e} away from PyTorch",)
    return rewriting, tuple(f"for the exporters {what}" for what in rewriting.told)


def difference(path: Path, subject: Subject) -> float:
    """How far ONNX Runtime's answer to the probe lies from PyTorch's, over the output's scale.

    ONNX Runtime has a process of its own: on one graph that an exporter broke it hung beside torch, on another run it
    crashed.

    Raises:
        ChildDied: what ONNX Runtime has against the graph.
        ValueError: the outputs have other shapes.
    """
    with tempfile.TemporaryDirectory(dir=path.parent, prefix="probe-") as name:
        folder = Path(name)
        feeds = []
        for index, tensor in enumerate(subject.probe):
            np.save(folder / f"{index}.npy", tensor.numpy()[None])
            axes = tuple(range(tensor.dim()))
            feeds.append(Feed(clips=folder / f"{index}.npy", perm=axes, physical=tuple(tensor.shape)))
        request = RunRequest(
            runtime="onnxruntime",
            model=path,
            feeds=tuple(feeds),
            outputs=folder / "out.npy",
            threads=torch.get_num_threads(),
        )
        count = run_model(request, timeout=600).value.outputs
        return _apart(subject.expected, [np.load(numbered(folder / "out.npy", index))[0] for index in range(count)])


def _apart(expected: Sequence[Array], got: Sequence[Array]) -> float:
    if [e.shape for e in expected] != [g.shape for g in got]:
        shapes = " and ".join(str(list(g.shape)) for g in got)
        raise ValueError(f"it gives {shapes}, PyTorch gives {' and '.join(str(list(e.shape)) for e in expected)}")
    worst = 0.0
    for e, g in zip(expected, got, strict=True):
        wanted, found = e.astype(np.float64), g.astype(np.float64)
        with np.errstate(invalid="ignore"):
            error = np.abs(wanted - found)
        error[(wanted == found) | (np.isnan(wanted) & np.isnan(found))] = 0
        finite = np.abs(wanted[np.isfinite(wanted)])
        scale = float(finite.max(initial=0)) or 1.0
        worst = max(worst, float(np.nan_to_num(error, nan=np.inf).max(initial=0)) / scale)
    return worst


def _export(subject: Subject, path: Path, opset: int, dynamo: bool) -> None:
    with _silence():
        torch.onnx.export(
            subject.program if subject.program is not None else subject.network,
            subject.examples if subject.program is None else (),
            str(path),
            opset_version=opset,
            input_names=list(subject.input_names),
            output_names=list(subject.output_names),
            dynamo=dynamo,
            external_data=False,
        )
    if subject.program is not None:  # its dimensions may be symbolic, whatever its examples are
        model = onnx.load(path)
        if freeze(model, {n: tuple(e.shape) for n, e in zip(subject.input_names, subject.examples, strict=True)}):
            onnx.save(model, path)


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    silence = io.StringIO()
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings(), contextlib.redirect_stdout(silence), contextlib.redirect_stderr(silence):
        warnings.simplefilter("ignore")
        yield
