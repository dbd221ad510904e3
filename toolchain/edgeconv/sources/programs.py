"""Archives of torch.export.save (.pt2): read without running a line of code that they might hold."""

from __future__ import annotations

import contextlib
import io
import logging
import os
import warnings
import zipfile
from collections.abc import Iterator
from pathlib import Path

import torch

from edgeconv.core.errors import ModelError, UsageError
from edgeconv.sources.building import Built
from edgeconv.sources.signature import read_signature
from edgeconv.sources.spec import SourceSpec

_HINT = "save it with torch.export.save(torch.export.export(network.eval(), (clip,)), 'program.pt2')"
_CODE = ("/data/constants/custom_obj", "/data/constants/opaque_obj")
"""Members that torch.export.load would unpickle as objects of any class."""


def load_program(spec: SourceSpec) -> Built:
    """The exported program as a module; its inputs have the shapes of its examples.

    Raises:
        UsageError: the file is no such archive, is of another version of torch, or holds pickled objects.
    """
    path = Path(spec.location)
    _refuse_code(spec, path)
    try:
        with _weights_only():
            program = torch.export.load(path)
    except Exception as error:
        reason = " ".join(str(error).split())[:300] or type(error).__name__
        raise UsageError(
            f"'{spec.text}' cannot be read by torch {torch.__version__}",
            reasons=[f"{type(error).__name__}: {reason}"],
            hint=f"was it saved by another version of torch? {_HINT}",
        ) from error
    if program.example_inputs is None:
        raise UsageError(f"'{spec.text}' holds no example inputs, so its input shapes are not known", hint=_HINT)
    _refuse_training(spec, program)
    network = program.module()
    args, kwargs = program.example_inputs
    signature = read_signature(spec, network, kwargs if kwargs and not args else tuple(args))
    return Built(network, signature, program)


def _refuse_code(spec: SourceSpec, path: Path) -> None:
    if not zipfile.is_zipfile(path):
        raise UsageError(f"'{spec.text}' is not an archive of torch.export.save", hint=_HINT)
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
    if not any(name.endswith(".json") and ("/models/" in name or "exported_program" in name) for name in names):
        what = "a TorchScript file or a checkpoint" if any(n.endswith("data.pkl") for n in names) else "a zip file"
        raise UsageError(f"'{spec.text}' is {what}, not an archive of torch.export.save", hint=_HINT)
    if objects := [name for name in names if any(part in name for part in _CODE)]:
        raise UsageError(
            f"'{spec.text}' holds pickled objects, which are never loaded: reading them can run any code",
            reasons=objects,
            hint="export a network of tensors only",
        )


@contextlib.contextmanager
def _weights_only() -> Iterator[None]:
    """torch.export.load reads some tensors with an unrestricted torch.load; this makes every one of them restricted."""
    name = "TORCH_FORCE_WEIGHTS_ONLY_LOAD"
    before = os.environ.get(name)
    os.environ[name] = "1"
    silence = io.StringIO()
    logging.getLogger("torch.export").setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stderr(silence):
            warnings.simplefilter("ignore")
            yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before


def _refuse_training(spec: SourceSpec, program: torch.export.ExportedProgram) -> None:
    """A program cannot be put into eval mode afterwards."""
    trained = [node for node in program.graph.nodes if node.op == "call_function" and _is_training(node)]
    if trained:
        raise ModelError(
            f"'{spec.text}' was exported in training mode",
            reasons=[f"{node.target} '{node.name}' behaves as in training" for node in trained],
            hint="call network.eval() before torch.export.export",
        )


def _is_training(node: torch.fx.Node) -> bool:
    schema = getattr(node.target, "_schema", None)
    names = [argument.name for argument in schema.arguments] if schema is not None else []
    values = dict(zip(names, node.args, strict=False)) | node.kwargs
    return any(values.get(flag) is True for flag in ("train", "training"))
