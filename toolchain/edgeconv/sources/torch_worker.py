"""PyTorch networks: build, load or seed, export, run. Runs inside the source's child process."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import inspect
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from edgeconv.core.errors import ModelError, UsageError, did_you_mean
from edgeconv.sources.api import (
    Description,
    Exported,
    ExportOnlyRequest,
    InputInfo,
    Prepared,
    PrepareRequest,
    SourceSpec,
)
from edgeconv.sources.exporters import export
from edgeconv.sources.outputs import first_tensor
from edgeconv.sources.seeding import settle

_BUILT: dict[str, nn.Module] = {}
_FAULTS = (ArithmeticError, AssertionError, AttributeError, LookupError, RuntimeError, TypeError, ValueError)
"""What a network may raise on a clip that it does not take."""
_WEIGHTS_HINT = "save it with torch.save(model.state_dict(), path), from the same network with the same arguments"


def describe(spec: SourceSpec) -> Description:
    network = _network(spec)
    shape, layout = _input(spec, network)
    return Description(
        input_shape=shape,
        input_layout=layout,
        parameters=sum(p.numel() for p in network.parameters()),
        macs=_macs(network, shape),
        summary=(inspect.getdoc(_factory(spec)) or "").partition("\n")[0],
    )


def prepare(request: PrepareRequest) -> Prepared:
    torch.set_num_threads(request.threads)
    spec = request.spec
    network = _network(spec)
    shape, _ = _input(spec, network)
    calibration = np.load(request.calibration, mmap_mode="r")
    if spec.weights is not None:
        weights, untrained = load_weights(network, spec.weights), False
    else:
        with _running(shape):
            weights, untrained = settle(network, calibration, spec.seed), True
    network.eval()
    _refuse_nan(network, spec)
    prepare_for_export = getattr(network, "prepare_for_export", None)
    deployed = prepare_for_export() if callable(prepare_for_export) else network
    exporter, notes = export(deployed, torch.zeros(shape), request.onnx, request.opset)
    outputs = []
    with torch.inference_mode(), _running(shape):
        for clip in np.load(request.verification, mmap_mode="r"):
            outputs.append(first_tensor(network(torch.from_numpy(np.array(clip)))).numpy())
    np.save(request.reference, np.stack(outputs).astype(np.float32))
    return Prepared(weights=weights, untrained=untrained, exporter=exporter, has_reference=True, notes=notes)


def export_only(request: ExportOnlyRequest) -> Exported:
    torch.set_num_threads(request.threads)
    spec = request.spec
    network = _network(spec)
    shape, layout = _input(spec, network, strict=False)
    untrained = spec.weights is None
    weights = f"UNTRAINED: random weights (seed {spec.seed})"
    if spec.weights is not None:
        weights = load_weights(network, spec.weights)
    network.eval()
    _refuse_nan(network, spec)
    prepare_for_export = getattr(network, "prepare_for_export", None)
    deployed = prepare_for_export() if callable(prepare_for_export) else network
    with torch.no_grad(), _running(shape):
        network(torch.zeros(shape))
    exporter, notes = export(deployed, torch.zeros(shape), request.target, request.opset)
    inputs = (InputInfo(name="clip", shape=shape, layout=layout),)
    return Exported(inputs=inputs, weights=weights, untrained=untrained, exporter=exporter, notes=notes)


def _network(spec: SourceSpec) -> nn.Module:
    key = spec.model_dump_json()
    if key not in _BUILT:
        torch.manual_seed(spec.seed)  # for a factory that knows of no seed
        factory = _factory(spec)
        arguments = _arguments(spec, factory)
        try:
            network = factory(**arguments)
        except (ValueError, TypeError) as error:
            raise UsageError(f"the network '{spec.name}' cannot be built: {error}") from error
        except Exception as error:
            raise _own_fault(f"the network '{spec.name}' cannot be built", error) from error
        if not isinstance(network, nn.Module):
            raise UsageError(f"'{spec.text}' gave a {type(network).__name__}, not a torch.nn.Module")
        _BUILT[key] = network.eval()
    return _BUILT[key]


def _factory(spec: SourceSpec) -> Callable[..., Any]:
    place, _, name = spec.location.rpartition(":")
    try:
        if place.endswith(".py"):
            path = Path(place)
            sys.path.insert(0, str(path.parent))
            loader = importlib.util.spec_from_file_location(f"edgeconv_source_{path.stem}", path)
            assert loader is not None
            assert loader.loader is not None
            module = importlib.util.module_from_spec(loader)
            sys.modules[loader.name] = module  # a dataclass looks its module up
            loader.loader.exec_module(module)
        else:
            sys.path.insert(0, str(Path.cwd()))
            module = importlib.import_module(place)
    except Exception as error:
        raise _own_fault(f"'{place}' cannot be imported", error) from error
    factory = getattr(module, name, None)
    if not callable(factory):
        known = [n for n, v in vars(module).items() if callable(v) and not n.startswith("_")]
        raise UsageError(f"'{place}' has no factory '{name}'", hint=did_you_mean(name, known))
    found: Callable[..., Any] = factory
    return found


def _own_fault(what: str, error: Exception) -> UsageError:
    """The user's own code raised; where it did is what they need to know."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    where = f"raised in {last.filename}:{last.lineno}"
    own = not isinstance(error, (ImportError, SyntaxError))
    return UsageError(f"{what}: {type(error).__name__}: {error}", reasons=[where] if own else [])


@contextmanager
def _running(shape: tuple[int, ...]) -> Iterator[None]:
    try:
        yield
    except _FAULTS as error:
        raise ModelError(
            f"the network does not run on a clip of shape {list(shape)}",
            reasons=[f"{type(error).__name__}: {' '.join(str(error).split())[:500]}"],
            hint="is --input-shape (with --input-layout) what the network takes?",
        ) from error


def _arguments(spec: SourceSpec, factory: Callable[..., Any]) -> dict[str, Any]:
    """Options as Python literals; a registered model also takes the seed."""
    parameters = inspect.signature(factory).parameters
    open_ended = any(p.kind is p.VAR_KEYWORD for p in parameters.values())
    unknown = [n for n in spec.options if n not in parameters and not open_ended]
    if unknown:
        raise UsageError(
            f"'{spec.name}' takes no argument {', '.join(map(repr, unknown))}",
            hint=did_you_mean(unknown[0], list(parameters)) if parameters else "it takes none at all",
        )
    arguments = {name: _literal(text) for name, text in spec.options.items()}
    if "seed" in parameters:
        arguments.setdefault("seed", spec.seed)
    return arguments


def _literal(text: str) -> Any:
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text


def _input(spec: SourceSpec, network: nn.Module, strict: bool = True) -> tuple[tuple[int, ...], str]:
    shape = spec.input_shape or getattr(network, "input_shape", None)
    layout = spec.input_layout or getattr(network, "input_layout", None)
    if shape is None:
        raise UsageError(
            f"the input shape of '{spec.name}' is not known",
            hint="give --input-shape 1,3,16,112,112, or let the module have an attribute input_shape",
        )
    layout = layout or ("NCTHW" if len(shape) == 5 else None)
    if not strict and layout is None:
        return tuple(shape), ""
    if layout is None or len(layout) != len(shape):
        raise UsageError(f"the axis order of the input {list(shape)} is not known", hint="give --input-layout NCTHW")
    return tuple(shape), layout


def _macs(network: nn.Module, shape: tuple[int, ...]) -> int:
    """Multiply-accumulates of one pass, counted on the meta device (no arithmetic is done)."""
    from torch.utils.flop_counter import FlopCounterMode

    state = {n: t.to("meta") for n, t in (*network.named_parameters(), *network.named_buffers())}
    try:
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            torch.func.functional_call(network, state, torch.zeros(shape, device="meta"))
    except _FAULTS:
        return 0  # a network that cannot run on meta tensors, or not on this shape: reported as unknown
    return int(counter.get_total_flops()) // 2


def load_weights(network: nn.Module, path: Path) -> str:
    """Load a checkpoint, by the network's own loader where it has one; returns what was loaded.

    Raises:
        UsageError: the file cannot be read, or its keys do not fit; every misfit is named.
    """
    own_loader = getattr(network, "load_checkpoint", None)
    if callable(own_loader):
        try:
            return f"{own_loader(path)} ({path.name})"
        except ValueError as error:
            raise UsageError(_first_line(error), reasons=getattr(error, "reasons", ()), hint=_WEIGHTS_HINT) from error
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        raise UsageError(
            f"'{path}' is not a checkpoint of plain weights: {_first_line(error)}",
            hint=_WEIGHTS_HINT,
        ) from error
    state = found.get("state_dict", found) if isinstance(found, dict) else found
    if not isinstance(state, dict):
        raise UsageError(f"'{path}' holds a {type(state).__name__}, not a state dict")
    wanted = network.state_dict()
    problems = [f"missing: {k}" for k in wanted if k not in state]
    problems += [f"unexpected: {k}" for k in state if k not in wanted]
    problems += [
        f"shape: {k} is {list(getattr(state[k], 'shape', ()))}, the network has {list(t.shape)}"
        for k, t in wanted.items()
        if k in state and getattr(state[k], "shape", None) != t.shape
    ]
    if problems:
        raise UsageError(f"{path} does not fit this network", reasons=problems, hint=_WEIGHTS_HINT)
    network.load_state_dict(state)
    return f"from {path.name}"


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0] or type(error).__name__


def _refuse_nan(network: nn.Module, spec: SourceSpec) -> None:
    bad = [n for n, t in network.state_dict().items() if t.is_floating_point() and not torch.isfinite(t).all()]
    if bad and spec.weights is not None:
        raise UsageError(
            f"{spec.weights} holds NaN or infinite weights", reasons=bad, hint="it comes from a training that diverged"
        )
    if bad:
        raise ModelError("the network holds NaN or infinite weights", reasons=bad)
