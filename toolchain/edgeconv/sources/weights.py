"""Checkpoints: weights for a network that a factory built."""

from __future__ import annotations

import re
import warnings
from pathlib import Path

import torch
from torch import nn

from edgeconv.core.errors import ModelError, UsageError
from edgeconv.sources.spec import SourceSpec

_HINT = "save it with torch.save(model.state_dict(), path), from the same network with the same arguments"


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
            raise UsageError(_first_line(error), reasons=getattr(error, "reasons", ()), hint=_HINT) from error
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        asked = re.search(r"Unsupported global: GLOBAL (\S+)", str(error))
        raise UsageError(
            # torch's next sentences advise how to run the code inside of it
            f"'{path}' is not a checkpoint of plain weights: {_first_line(error).partition('. ')[0]}",
            reasons=[f"it holds a Python object ('{asked[1]}'); loading such can run any code"] if asked else (),
            hint=_HINT,
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
        raise UsageError(f"{path} does not fit this network", reasons=problems, hint=_HINT)
    network.load_state_dict(state)
    return f"from {path.name}"


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0] or type(error).__name__


def refuse_nan(network: nn.Module, spec: SourceSpec) -> None:
    bad = [n for n, t in network.state_dict().items() if t.is_floating_point() and not torch.isfinite(t).all()]
    if bad and spec.weights is not None:
        raise UsageError(
            f"{spec.weights} holds NaN or infinite weights", reasons=bad, hint="it comes from a training that diverged"
        )
    if bad:
        raise ModelError("the network holds NaN or infinite weights", reasons=bad)
