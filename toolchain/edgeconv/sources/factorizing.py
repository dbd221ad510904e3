"""Factorise a network and write the checkpoint of the result. Runs in the source's child process."""

from __future__ import annotations

import dataclasses

import torch

from edgeconv.core.errors import ModelError
from edgeconv.sources.api import FactorizedFile, FactorizedLayer, FactorizeRequest
from edgeconv.sources.building import build
from edgeconv.sources.torch_worker import count_macs
from edgeconv.sources.weights import load_weights, refuse_nan


def factorize(request: FactorizeRequest) -> FactorizedFile:
    """Build the network, load its weights, replace its Conv3d, and write the checkpoint.

    Raises:
        UsageError: it cannot be built, or its weights do not fit.
        ModelError: it has nothing to replace; the reason for every Conv3d is told.
    """
    from edgeconv_models import factorize as replace_convolutions

    torch.set_num_threads(request.threads)
    spec, built = request.spec, build(request.spec)
    if spec.weights is None:
        weights = f"UNTRAINED: random weights (seed {spec.seed})"
    else:
        weights = load_weights(built.network, spec.weights)
    refuse_nan(built.network, spec)
    try:
        made = replace_convolutions(
            built.network, request.combine, request.init, request.layers or None, seed=spec.seed
        )
    except ValueError as error:
        message, *reasons = str(error).splitlines()
        raise ModelError(
            f"'{spec.name}' cannot be factorised: {message}", reasons=[r.removeprefix("  - ") for r in reasons]
        ) from error
    torch.save(made.checkpoint(), request.target)
    return FactorizedFile(
        layers=tuple(FactorizedLayer(**dataclasses.asdict(layer)) for layer in made.layers),
        kept=made.kept,
        parameters=made.parameters,
        macs=(count_macs(built), count_macs(dataclasses.replace(built, network=made.network))),
        weights=weights,
        untrained=spec.weights is None,
    )
