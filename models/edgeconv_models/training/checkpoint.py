"""Checkpoints of a run: whole or not there, with what is needed to build the network again.

``best.pt`` and ``last.pt`` hold the weights under ``"state_dict"``, so ``edgeconv export --weights`` takes them.
"""

from __future__ import annotations

import inspect
import os
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

import torch
from torch import nn

import edgeconv_models
from edgeconv_models.data.reading import Preprocessing
from edgeconv_models.factorizing.network import plan_of, restore
from edgeconv_models.training.config import TrainingError

BEST, LAST = "best.pt", "last.pt"


@dataclass(frozen=True)
class Recipe:
    """How a network is built, without its weights."""

    model: str
    """``eco-lite-...`` or ``package.module:factory``."""
    settings: dict[str, Any] = field(default_factory=dict)
    """Arguments of the factory, ``num_classes`` among them."""
    factorized: dict[str, str] = field(default_factory=dict)
    """Blocks in place of Conv3d, see :func:`edgeconv_models.factorizing.network.plan_of`."""

    def build(self) -> nn.Module:
        """The network, with its seeded weights; blocks of ``factorized`` have none worth keeping.

        Raises:
            TrainingError: there is no such factory, or it refuses the settings.
        """
        try:
            network = find_factory(self.model)(**self.settings)
            if self.factorized:
                restore(network, self.factorized)
        except (TypeError, ValueError) as error:
            raise TrainingError(f"'{self.model}' cannot be built: {error}") from error
        return network

    def differences(self, other: Recipe) -> tuple[str, ...]:
        """What makes two recipes different networks; the seed does not."""
        mine, others = self._told(), other._told()
        return tuple(
            f"{key}: {others.get(key, 'not set')} there, {mine.get(key, 'not set')} here"
            for key in sorted({*mine, *others})
            if mine.get(key) != others.get(key)
        )

    def _told(self) -> dict[str, Any]:
        settings = {k: v for k, v in self.settings.items() if k != "seed"}
        return {"model": self.model, **settings, **{f"block {k}": v for k, v in self.factorized.items()}}


def find_factory(name: str) -> Callable[..., nn.Module]:
    """The function that builds ``name``.

    Raises:
        TrainingError: there is none.
    """
    module, colon, attribute = name.partition(":")
    built_in = name.replace("-", "_")
    if not colon and built_in in edgeconv_models.__all__ and built_in.startswith("eco_lite"):
        return getattr(edgeconv_models, built_in)  # type: ignore[no-any-return]
    try:
        if not colon:
            known = ", ".join(n.replace("_", "-") for n in edgeconv_models.__all__ if n.startswith("eco_lite"))
            raise TrainingError(f"there is no model '{name}'; there is {known}, and package.module:factory")
        factory = getattr(import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise TrainingError(f"the factory '{name}' cannot be imported: {error}") from error
    if not callable(factory):
        raise TrainingError(f"'{name}' is a {type(factory).__name__}, not a function that builds a network")
    return factory  # type: ignore[no-any-return]


def takes(factory: Callable[..., nn.Module], argument: str) -> bool:
    """Whether a factory has such an argument."""
    return argument in inspect.signature(factory).parameters


def content(
    network: nn.Module, recipe: Recipe, classes: tuple[str, ...], form: Preprocessing, **more: Any
) -> dict[str, Any]:
    """What a checkpoint holds: weights, and all that is needed to use them."""
    held = {
        "state_dict": {k: v.detach().cpu() for k, v in network.state_dict().items()},
        "model": recipe.model,
        "settings": dict(recipe.settings),
        "classes": list(classes),
        "preprocessing": form.as_dict(),
        **more,
    }
    plan = plan_of(network)
    return held | ({"factorized": plan} if plan else {})


def save(path: Path, held: Mapping[str, Any]) -> None:
    """Write a checkpoint; what lay there before stays whole until the new one is."""
    descriptor, partial = tempfile.mkstemp(prefix=f".{path.name}.partial-", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            torch.save(dict(held), file)
            file.flush()
            os.fsync(file.fileno())
        Path(partial).replace(path)
    finally:
        Path(partial).unlink(missing_ok=True)


@dataclass(frozen=True)
class Loaded:
    """A checkpoint of ours, read."""

    path: Path
    held: dict[str, Any]
    recipe: Recipe
    classes: tuple[str, ...]
    form: Preprocessing

    def network(self) -> nn.Module:
        """The network with its weights, in eval mode."""
        network = self.recipe.build()
        put(network, self.held["state_dict"], self.path)
        return network.eval()


def load(path: Path) -> Loaded:
    """Read a checkpoint of ours.

    Raises:
        TrainingError: it cannot be read, or another program wrote it.
    """
    try:
        held = torch.load(path, map_location="cpu", weights_only=True)
        form = dict(held["preprocessing"])
        return Loaded(
            path,
            held,
            Recipe(held["model"], dict(held["settings"]), dict(held.get("factorized", {}))),
            tuple(held["classes"]),
            Preprocessing(**form | {"mean": tuple(form["mean"])}),
        )
    except OSError as error:
        raise TrainingError(f"the checkpoint '{path}' cannot be read: {error.strerror or error}") from error
    except (KeyError, TypeError, ValueError) as error:
        raise TrainingError(f"'{path}' is not a checkpoint of edgeconv-train: it lacks {error}") from error
    except Exception as error:  # a damaged file fails anywhere inside the unpickler, in any way
        raise TrainingError(f"'{path}' is not a checkpoint that can be read safely: {type(error).__name__}") from error


def put(network: nn.Module, state: Mapping[str, torch.Tensor], path: Path) -> None:
    """Load weights of a file into a network.

    Raises:
        TrainingError: with every name and shape that does not fit.
    """
    wanted = network.state_dict()
    reasons = [f"missing: {k}" for k in wanted if k not in state] + [
        f"unexpected: {k}" for k in state if k not in wanted
    ]
    reasons += [
        f"shape: {k} is {tuple(state[k].shape)} in the file, {tuple(v.shape)} in the network"
        for k, v in wanted.items()
        if k in state and state[k].shape != v.shape
    ]
    if reasons:
        raise TrainingError(f"'{path}' does not fit this network", tuple(reasons))
    network.load_state_dict(dict(state))
