"""Reading weights from files that may be anything: all problems are found before anything is changed.

Files are read with ``torch.load(weights_only=True)``: no code in them can run.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable, Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

_COUNTER = "num_batches_tracked"
"""A counter of BatchNorm that takes no part in the function: files may carry it or not."""


class CheckpointError(ValueError):
    """A checkpoint that does not fit, or is none.

    Attributes:
        reasons: all the reasons, one line each.
    """

    def __init__(self, message: str, reasons: Iterable[str]) -> None:
        self.reasons = tuple(reasons)
        super().__init__("\n".join([message, *(f"  - {reason}" for reason in self.reasons)]))


def load(network: nn.Module, path: str | os.PathLike[str], *, complete: bool) -> str:
    """Load ``path`` into ``network``, which has the parts ``backbone``, ``head`` and ``classifier``.

    Args:
        network: where the weights go.
        path: a state dict of the network or a published ECO checkpoint.
        complete: whether a published checkpoint holds all of the network, or only its backbone.

    Returns:
        What was loaded, in words.

    Raises:
        CheckpointError: with all the reasons; the network is then unchanged.
    """
    path = Path(path)
    found = _read(path)
    wanted = network.state_dict()
    if not any(name.startswith(("base_model.", "new_fc.")) for name in found):
        names = {name: name for name in wanted}
        done = "all weights from a checkpoint of this network"
    elif complete:
        names = {published_name(name): name for name in wanted}
        done = "2D net, 3D head and classifier from ECO checkpoint"
    else:
        names = {published_name(name): name for name in wanted if name.startswith("backbone.")}
        found = {name: value for name, value in found.items() if not name.startswith(("base_model.res", "new_fc."))}
        done = "2D net from ECO checkpoint; head seeded"
    loaded, reasons = _match(found, {name: wanted[ours] for name, ours in names.items()})
    if reasons:
        raise CheckpointError(f"{path} does not fit this network", reasons)
    with torch.no_grad():
        for name, value in loaded.items():
            wanted[names[name]].copy_(value)
    return done


def published_name(name: str) -> str:
    """What a published ECO checkpoint calls our ``name``, less its leading ``module.``."""
    part, _, rest = name.partition(".")
    return ("new_fc." if part == "classifier" else "base_model.") + rest


def _read(path: Path) -> dict[str, Tensor]:
    """The tensors in a file by name, without the ``state_dict`` and ``module.`` around them."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of torch, about the format of what turns out to be no checkpoint
            content: object = torch.load(path, map_location="cpu", weights_only=True)
    except OSError as error:
        raise CheckpointError(f"{path} cannot be opened", [error.strerror or str(error)]) from error
    except Exception as error:  # a damaged file fails anywhere inside the unpickler, in any way
        # torch's next sentences advise how to run the code inside of it
        detail = f"{type(error).__name__}: {(str(error).strip().splitlines() or [''])[0].partition('. ')[0]}"
        raise CheckpointError(
            f"{path} is not a checkpoint that can be read safely",
            ["it is damaged, or holds something else than tensors and plain values", detail],
        ) from error
    if isinstance(content, Mapping) and isinstance(content.get("state_dict"), Mapping):
        content = content["state_dict"]
    if not isinstance(content, Mapping) or not content:
        what = "an empty dict" if isinstance(content, Mapping) else f"a {type(content).__name__}"
        raise CheckpointError(f"{path} holds no state dict", [f"it holds {what}"])
    strangers = [f"{key!r:.80} is a {type(value).__name__}" for key, value in content.items() if not _fits(key, value)]
    if strangers:
        raise CheckpointError(f"{path} holds more than dense tensors by name", strangers)
    prefix = "module." if all(name.startswith("module.") for name in content) else ""
    return {name.removeprefix(prefix): value for name, value in content.items()}


def _fits(name: object, value: object) -> bool:
    return isinstance(name, str) and isinstance(value, Tensor) and value.layout == torch.strided and not value.is_meta


def _match(found: Mapping[str, Tensor], wanted: Mapping[str, Tensor]) -> tuple[dict[str, Tensor], list[str]]:
    """The values to load, cast to the types wanted, and every reason not to."""
    loaded: dict[str, Tensor] = {}
    reasons = [f"missing: {name}" for name in wanted if name not in found and not name.endswith(_COUNTER)]
    for name, value in found.items():
        if name not in wanted:
            reasons.append(f"unexpected: {name}")
            continue
        target = wanted[name]
        if value.shape != target.shape:
            reasons.append(f"shape: {name} is {tuple(value.shape)} in the file, {tuple(target.shape)} in the network")
        elif value.is_floating_point() != target.is_floating_point():
            reasons.append(f"type: {name} is {value.dtype} in the file, {target.dtype} in the network")
        else:
            loaded[name] = value.to(target.dtype)
            if not loaded[name].isfinite().all():
                reasons.append(f"values: {name} contains NaN or infinity")
            elif name.endswith("running_var") and (loaded[name] < 0).any():
                reasons.append(f"values: {name} is a variance and contains negative numbers")
    return loaded, reasons
