"""Replace the Conv3d of a network, and tell what that did."""

from __future__ import annotations

import copy
import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

import torch
from torch import nn

from edgeconv_models import cost
from edgeconv_models.factorizing.blocks import COMBINES, FactorizedConv
from edgeconv_models.factorizing.fitting import INITS, initialise
from edgeconv_models.factorizing.geometry import Geometry


@dataclass(frozen=True)
class Layer:
    """One Conv3d that was replaced."""

    name: str
    kernel: tuple[int, int, int]
    parameters: tuple[int, int]
    """Before and after."""
    error: float | None
    """``||K - K'|| / ||K||`` of its kernel and of the one that the block amounts to; None where nothing was fitted."""


@dataclass(frozen=True)
class Factorized:
    """A network with blocks in place of Conv3d, and the account of it."""

    network: nn.Module
    layers: tuple[Layer, ...]
    kept: tuple[str, ...]
    """Conv3d that stay as they are, each with the reason."""
    parameters: tuple[int, int]
    """Of the network, before and after."""
    macs: tuple[int, int] | None
    """Of one pass, before and after; None where the shape of the input is not known."""

    def checkpoint(self) -> dict[str, Any]:
        """What to hand to ``torch.save``: the weights, and under ``"factorized"`` what :func:`restore` needs."""
        return {"state_dict": self.network.state_dict(), "factorized": plan_of(self.network)}


def replace_convolutions(
    module: nn.Module,
    *,
    combine: str,
    init: str,
    layers: Iterable[str] | None,
    input_shape: tuple[int, ...] | None,
    seed: int,
) -> Factorized:
    """See :func:`edgeconv_models.factorize`."""
    for value, known, what in ((combine, tuple(COMBINES), "combine"), (init, INITS, "init")):
        if value not in known:
            raise ValueError(f"there is no {what} {value!r}; choose one of {', '.join(known)}")
    network = copy.deepcopy(module)
    chosen = _choose(network, layers)
    generator = torch.Generator().manual_seed(seed)
    replaced: dict[nn.Module, nn.Module] = {}  # a Conv3d that stands at several places stays one
    told, kept = [], []
    for name, conv in chosen.items():
        reason = _why_not(conv, combine)
        if reason:
            kept.append(f"{name or 'the network itself'}: {reason}")
            continue
        block = _block(conv, combine)
        error = initialise(block, conv, init, generator)
        replaced[conv] = block
        told.append(Layer(name, block.geometry.kernel, (cost.parameters(conv), cost.parameters(block)), error))
    if not replaced:
        raise ValueError("\n".join(["there is no Conv3d to factorise", *(f"  - {line}" for line in kept)]))
    network = _swap(network, replaced)
    shape = input_shape or getattr(module, "input_shape", None)
    return Factorized(
        network,
        tuple(told),
        tuple(kept),
        (cost.parameters(module), cost.parameters(network)),
        None if shape is None else (cost.macs(module, shape), cost.macs(network, shape)),
    )


def plan_of(network: nn.Module) -> dict[str, str]:
    """Names of the blocks in ``network``, and how each combines its branches."""
    kinds = {kind: combine for combine, kind in COMBINES.items()}
    return {name: kinds[type(m)] for name, m in network.named_modules() if isinstance(m, FactorizedConv)}


def restore(network: nn.Module, plan: object) -> None:
    """Put the blocks of ``plan`` into the original ``network``, in place; their weights are still to be loaded.

    Args:
        network: as the one was built that was factorised.
        plan: what :func:`plan_of` gave, read from a file.

    Raises:
        ValueError: the plan cannot be understood, or names what ``network`` cannot have replaced.
    """
    if not isinstance(plan, Mapping) or not plan:
        raise ValueError("what the file says of its factorised layers cannot be understood")
    found, blocks = _convolutions(network), dict[nn.Module, nn.Module]()
    for name, combine in plan.items():
        if name not in found or found[name] is network:
            raise ValueError(f"the file has a factorised layer {name!r:.80}, and the network no such Conv3d")
        if combine not in COMBINES:
            raise ValueError(f"the layer {name!r} is factorised by {combine!r:.80}, which is not known")
        reason = _why_not(found[name], combine)
        if reason:
            raise ValueError(f"the layer {name!r} cannot be factorised: {reason}")
        blocks[found[name]] = _block(found[name], combine)
    _swap(network, blocks)


def _block(conv: nn.Conv3d, combine: str) -> FactorizedConv:
    """A block for ``conv`` with weights that mean nothing yet, drawn without a trace on the random state."""
    with torch.random.fork_rng(devices=[]):
        block = COMBINES[combine](Geometry.of(conv))
    return block.to(conv.weight.device, conv.weight.dtype).train(conv.training)


def _convolutions(network: nn.Module) -> dict[str, nn.Conv3d]:
    return {name: m for name, m in network.named_modules() if isinstance(m, nn.Conv3d)}


def _choose(network: nn.Module, layers: Iterable[str] | None) -> dict[str, nn.Conv3d]:
    """The Conv3d whose names match one of the patterns; all where there are none."""
    found = _convolutions(network)
    if layers is None:
        return found
    patterns = [layers] if isinstance(layers, str) else list(layers)
    for pattern in patterns:
        if not any(fnmatchcase(name, pattern) for name in found):
            near = difflib.get_close_matches(pattern, found, n=3, cutoff=0.5) or sorted(found)[:5]
            raise ValueError(f"no Conv3d is called {pattern!r}; there is {', '.join(near) or 'none at all'}")
    return {name: conv for name, conv in found.items() if any(fnmatchcase(name, p) for p in patterns)}


def _why_not(conv: nn.Conv3d, combine: str) -> str | None:
    """Why ``conv`` must stay a Conv3d; None if it need not."""
    if isinstance(conv, nn.LazyConv3d):
        return "it has no weights yet; run the network once before"
    if not isinstance(dict(conv.named_parameters(recurse=False)).get("weight"), nn.Parameter):
        return "its weights are computed from others (a weight norm, say); remove that before"
    if type(conv).forward is not nn.Conv3d.forward:
        return f"{type(conv).__name__} computes something else than a Conv3d"
    time, *space = conv.kernel_size
    if time == 1 or max(space) == 1:
        sizes = "x".join(map(str, conv.kernel_size))
        return f"its kernel {sizes} is {'spatial' if time == 1 else 'temporal'} alone; lowering makes one Conv2d of it"
    if combine == "concat" and conv.out_channels == conv.groups:
        return "a group has a single filter, and concat shares the filters out to two branches"
    return None


def _swap(network: nn.Module, replaced: Mapping[nn.Module, nn.Module]) -> nn.Module:
    """Put the new modules where the old ones stand; returns the network, which may itself be one of them."""
    for parent in list(network.modules()):
        for name, child in parent.named_children():
            if child in replaced:
                setattr(parent, name, replaced[child])
    return replaced.get(network, network)
