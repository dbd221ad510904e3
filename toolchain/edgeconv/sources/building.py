"""Factories: the user's code is imported, called with its options, and asked for the network and its inputs."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import inspect
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from edgeconv.core.errors import UsageError, did_you_mean
from edgeconv.sources.restoring import restore_factorized
from edgeconv.sources.signature import Signature, read_signature
from edgeconv.sources.spec import SourceSpec


@dataclass
class Built:
    """A network in its child process."""

    network: nn.Module
    signature: Signature
    program: torch.export.ExportedProgram | None = None
    """What a .pt2 file holds; the network is then a module that runs it."""
    summary: str = ""
    notes: tuple[str, ...] = ()


_BUILT: dict[str, Built] = {}


def build(spec: SourceSpec) -> Built:
    """The network of a factory or a .pt2 file, in eval mode; built once per process.

    Raises:
        UsageError: it cannot be imported, built or read; the options or shapes do not fit.
    """
    key = spec.model_dump_json()
    if key not in _BUILT:
        if spec.kind == "pt2 file":
            from edgeconv.sources.programs import load_program

            _BUILT[key] = load_program(spec)
        else:
            _BUILT[key] = _call_factory(spec)
    return _BUILT[key]


def _call_factory(spec: SourceSpec) -> Built:
    """A factory gives a module, or a module and example inputs for it."""
    torch.manual_seed(spec.seed)  # for a factory that knows of no seed
    factory = _factory(spec)
    arguments = _arguments(spec, factory)
    try:
        made = factory(**arguments)
    except (ValueError, TypeError) as error:
        raise UsageError(f"the network '{spec.name}' cannot be built: {error}") from error
    except Exception as error:
        raise _own_fault(f"the network '{spec.name}' cannot be built", error) from error
    network, examples = made if isinstance(made, tuple) and len(made) == 2 else (made, None)
    if not isinstance(network, nn.Module):
        raise UsageError(f"'{spec.text}' gave a {type(network).__name__}, not a torch.nn.Module")
    notes = restore_factorized(network, spec.weights)
    network.eval()
    summary = (inspect.getdoc(factory) or "").partition("\n")[0]
    return Built(network, read_signature(spec, network, examples), summary=summary, notes=notes)


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
