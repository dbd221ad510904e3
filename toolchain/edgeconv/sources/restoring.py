"""A checkpoint of a factorised network says which layers are; the network is built so before it is loaded."""

from __future__ import annotations

import warnings
from pathlib import Path

import torch
from torch import nn

from edgeconv.core.errors import UsageError

KEY = "factorized"


def restore_factorized(network: nn.Module, weights: Path | None) -> tuple[str, ...]:
    """Put blocks into ``network``, in place, where the checkpoint has them; returns a note if it has any.

    Raises:
        UsageError: it says so of layers that the network does not have.
    """
    plan = None if weights is None else _plan(weights)
    if plan is None:
        return ()
    from edgeconv_models.factorizing.network import plan_of, restore

    try:
        restore(network, plan)
    except ValueError as error:
        raise UsageError(
            f"{weights} does not fit this network: {error}",
            hint="name the network that was factorised, with the same arguments",
        ) from error
    found = plan_of(network)
    kinds = ", ".join(sorted(set(found.values())))
    return (f"{len(found)} Conv3d are factorised ({kinds}), as the checkpoint says",)


def _plan(path: Path) -> object:
    """What the file says of factorised layers; None where it says nothing, or cannot be read."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            content = torch.load(path, map_location="meta", weights_only=True)
    except Exception:  # noqa: BLE001 - torch raises anything; load_weights meets the same file and tells it
        return None
    return content.get(KEY) if isinstance(content, dict) else None
