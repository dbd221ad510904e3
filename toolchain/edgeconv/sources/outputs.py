"""What a network's forward gives."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import torch

from edgeconv.core.errors import ModelError


def named_tensors(result: Any) -> dict[str, torch.Tensor]:
    """The tensors of a result in the order in which the exported graph gives them, with names for them.

    One output is called 'logits' when it is [N, classes], else 'output'; several go by their keys or are counted.
    What is no tensor (None, a number) is left out.

    Raises:
        ModelError: there is no tensor at all.
    """
    found = _walk(result, "")
    if not found:
        raise ModelError(
            f"the network gives a {type(result).__name__}, not a tensor",
            hint="wrap it in a module whose forward returns the logits",
        )
    if len(found) == 1:
        (tensor,) = found.values()
        return {"logits" if tensor.dim() == 2 else "output": tensor}
    return {name if not name.isdecimal() else f"output_{name}": tensor for name, tensor in found.items()}


def _walk(result: Any, name: str) -> dict[str, torch.Tensor]:
    if isinstance(result, torch.Tensor):
        return {name or "0": result}
    found: dict[str, torch.Tensor] = {}
    for key, value in _parts(result):
        inner = _walk(value, f"{name}_{key}" if name else str(key))
        found |= inner
    return found


def _parts(result: Any) -> list[tuple[Any, Any]]:
    if isinstance(result, Mapping):
        return list(result.items())
    if dataclasses.is_dataclass(result) and not isinstance(result, type):
        return [(f.name, getattr(result, f.name)) for f in dataclasses.fields(result)]
    if isinstance(result, tuple) and hasattr(result, "_fields"):
        return list(zip(result._fields, result, strict=True))
    return list(enumerate(result)) if isinstance(result, (tuple, list)) else []
