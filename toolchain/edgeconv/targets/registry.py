"""Targets by name: the ones that come with edgeconv, and those of the entry-point group 'edgeconv.targets'."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import EntryPoint, entry_points

from edgeconv.core.errors import ToolError, UsageError, did_you_mean
from edgeconv.targets.target import Target

GROUP = "edgeconv.targets"
_BUILTIN = {
    "tflite": "edgeconv.targets.builtin.tflite",
    "raspberry-pi": "edgeconv.targets.builtin.raspberry_pi",
    "coral": "edgeconv.targets.builtin.coral",
}


def target_names() -> tuple[str, ...]:
    """All names that :func:`get_target` takes; the built-in ones first."""
    return (*_BUILTIN, *sorted(set(_installed()) - set(_BUILTIN)))


def get_target(name: str) -> Target:
    """Look a target up.

    Raises:
        UsageError: no target has this name.
        ToolError: the package that offers this target does not load.
    """
    if name in _BUILTIN:
        target = import_module(_BUILTIN[name]).TARGET
    elif name in (installed := _installed()):
        target = _load(installed[name])
    else:
        raise UsageError(f"There is no target '{name}'.", hint=did_you_mean(name, target_names()))
    if not isinstance(target, Target):
        raise ToolError(f"The entry point '{name}' of {GROUP} gives a {type(target).__name__}, not a Target.")
    return target


def _installed() -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group=GROUP)}


def _load(point: EntryPoint) -> object:
    try:
        return point.load()
    except (ImportError, AttributeError) as error:
        raise ToolError(f"The target '{point.name}' ({point.value}) does not load: {error}.") from error
