"""Child: build a network, export it, and write PyTorch's and ONNX Runtime's answers beside the model."""

from __future__ import annotations

import contextlib
import importlib
import io
import logging
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from torch import nn

from zoo.catalog import Network, network
from zoo.comparing import relative, run_onnx
from zoo.exporting_options import OPSET
from zoo.findings import Exported, Job
from zoo.weights import clips, randomise


def build(wanted: Network) -> nn.Module:
    """The network in evaluation mode, with seeded random weights."""
    module, _, function = wanted.factory.partition(":")
    made: nn.Module = getattr(importlib.import_module(f"zoo.{module}"), function)(wanted.shapes)
    settle = [[torch.from_numpy(a) for a in clip] for clip in clips(wanted.shapes, wanted.layout, 2, seed=7)]
    return randomise(made, settle, seed=0)


def run(job: Job) -> Exported:
    torch.set_num_threads(job.threads)
    wanted, folder = network(job.name, job.shapes), Path(job.folder)
    made = build(wanted)
    samples = clips(wanted.shapes, wanted.layout, job.clips, seed=1)
    for i in range(len(wanted.shapes)):
        np.save(folder / f"input{i}.npy", np.stack([clip[i] for clip in samples]))
    path = folder / "original.onnx"
    exporter, notes = export(made, [torch.from_numpy(a) for a in samples[0]], path, wanted.exporters)
    with torch.no_grad():
        expected = [[a.numpy() for a in _flat(made(*map(torch.from_numpy, clip)))] for clip in samples]
    answers = [run_onnx(path, clip, job.threads) for clip in samples]
    for i in range(len(answers[0])):
        np.save(folder / f"output{i}.npy", np.stack([a[i] for a in answers]))
    model = onnx.load(path)
    shapes = onnx.shape_inference.infer_shapes(model).graph
    return Exported(
        exporter=exporter,
        notes=notes,
        parameters=sum(p.numel() for p in made.parameters()),
        operators=len(model.graph.node),
        max_rank=max(len(v.type.tensor_type.shape.dim) for v in (*shapes.value_info, *shapes.input, *shapes.output)),
        megabytes=path.stat().st_size / 1e6,
        relative=max(
            relative(a, e) for got, want in zip(answers, expected, strict=True) for a, e in zip(got, want, strict=True)
        ),
    )


def export(
    made: nn.Module, example: list[torch.Tensor], path: Path, exporters: tuple[str, ...]
) -> tuple[str, tuple[str, ...]]:
    """The first exporter that does it and whose file runs; how the others failed."""
    notes: list[str] = []
    for name in exporters:
        try:
            _export(made, example, path, dynamo=name == "dynamo")
            run_onnx(path, [e.numpy() for e in example], 1)
        except Exception as error:  # noqa: BLE001 - exporters raise anything
            notes.append(f"{name}: {type(error).__name__}: {' '.join(str(error).split())[:160]}")
            continue
        return name, tuple(notes)
    raise RuntimeError("; ".join(notes))


def _export(made: nn.Module, example: list[torch.Tensor], path: Path, dynamo: bool) -> None:
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    silence = io.StringIO()
    with warnings.catch_warnings(), contextlib.redirect_stdout(silence), contextlib.redirect_stderr(silence):
        warnings.simplefilter("ignore")
        torch.onnx.export(
            made,
            tuple(example),
            str(path),
            opset_version=OPSET,
            input_names=[f"clip{i}" for i in range(len(example))],
            dynamo=dynamo,
            external_data=False,
        )


def _flat(result: Any) -> list[torch.Tensor]:
    return [result] if isinstance(result, torch.Tensor) else [t for r in result for t in _flat(r)]
