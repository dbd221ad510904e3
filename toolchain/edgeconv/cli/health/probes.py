"""Looks that load foreign code; each runs inside a child process, where a crash is only a finding."""

from __future__ import annotations

import importlib
from pathlib import Path

from pydantic import BaseModel


class ImportRequest(BaseModel):
    module: str


class Imported(BaseModel):
    note: str = ""


class TinyRequest(BaseModel):
    model: Path
    clips: Path


class Done(BaseModel):
    pass


class CodecRequest(BaseModel):
    decoders: tuple[str, ...]
    encoders: tuple[str, ...]


class Missing(BaseModel):
    decoders: tuple[str, ...]
    encoders: tuple[str, ...]


def load(request: ImportRequest) -> Imported:
    module = importlib.import_module(request.module)
    if request.module == "torch":
        cuda = module.version.cuda
        return Imported(note=f"built for CUDA {cuda}" if cuda else "built for the CPU")
    return Imported()


def write_tiny(request: TinyRequest) -> Done:
    """An int8 model that adds 1 (in steps) to its input, and one clip for it."""
    import numpy as np

    from edgeconv.tflite import Graph, Op, Quant, Tensor, write

    graph, one = Graph(), Quant((1.0,), (0,))
    graph.inputs, graph.outputs, graph.ports = ["x"], ["y"], {"x": "x", "y": "y"}
    for tensor in (
        Tensor("x", (1, 4), "int8", quant=one),
        Tensor("step", (1, 4), "int8", np.ones((1, 4), np.int8), one),
        Tensor("y", (1, 4), "int8", quant=one),
    ):
        graph.add(tensor)
    graph.ops.append(Op("ADD", ("x", "step"), ("y",), {"fusedActivationFunction": "NONE"}))
    request.model.write_bytes(write(graph, "edgeconv doctor"))
    np.save(request.clips, np.arange(4, dtype=np.int8).reshape(1, 1, 4))
    return Done()


def codecs(request: CodecRequest) -> Missing:
    import av

    def lacks(name: str, mode: str) -> bool:
        try:
            av.Codec(name, mode)
        except (av.error.FFmpegError, ValueError):
            return True
        return False

    return Missing(
        decoders=tuple(n for n in request.decoders if lacks(n, "r")),
        encoders=tuple(n for n in request.encoders if lacks(n, "w")),
    )
