"""What a network's forward gives."""

from __future__ import annotations

from typing import Any

import torch

from edgeconv.core.errors import ModelError


def first_tensor(result: Any) -> torch.Tensor:
    """The result itself, or the first of several (as the exported graph orders them)."""
    while isinstance(result, (tuple, list)) and result:
        result = result[0]
    if not isinstance(result, torch.Tensor):
        raise ModelError(
            f"the network gives a {type(result).__name__}, not a tensor",
            hint="wrap it in a module whose forward returns the logits",
        )
    return result
