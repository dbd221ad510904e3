"""Targets by name: the ones that come with edgeconv, and those of the entry-point group 'edgeconv.targets'."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import EntryPoint, entry_points

from edgeconv.core.errors import ToolError, UsageError, did_you_mean
from edgeconv.targets.target import Target

GROUP = "edgeconv.targets"
_ETHOS_U = ("u55-64", "u55-128", "u55-256", "u65-256", "u65-512")
_ETHOS_U85 = ("u85-128", "u85-256", "u85-512", "u85-1024", "u85-2048")
_BUILTIN = {
    "tflite": "tflite",
    "raspberry-pi": "raspberry_pi",
    "coral": "coral",
    "tflite-runtime": "tflite_runtime",
    "litert": "litert",
    **{f"ethos-{name}": "ethos_u" for name in (*_ETHOS_U, *_ETHOS_U85)},
    "onnxruntime": "onnxruntime",
    "tflite-gpu": "tflite_gpu",
}
"""Name -> module of `builtin`, whose TARGETS hold it; written out, so that a list of names loads no rule."""


def target_names() -> tuple[str, ...]:
    """All names that :func:`get_target` takes; the built-in ones first."""
    return (*_BUILTIN, *sorted(set(_installed()) - set(_BUILTIN)))


def get_target(name: str) -> Target:
    """Look a target up; NAME@VERSION asks for the rules of another version of its tool.

    Raises:
        UsageError: no target has this name, or not for this version.
        ToolError: the package that offers this target does not load.
    """
    base, _, version = name.partition("@")
    target = _named(base)
    if not version:
        return target
    if version not in target.editions:
        known = ", ".join(f"{base}@{v}" for v in target.editions) or "none, this target has one set of rules"
        raise UsageError(f"The target '{base}' has no rules for version '{version}'.", hint=f"known: {known}")
    return target.editions[version]


def _named(name: str) -> Target:
    if name in _BUILTIN:
        module = import_module(f"edgeconv.targets.builtin.{_BUILTIN[name]}")
        found: Target = next(t for t in module.TARGETS if t.name == name)
        return found
    installed = _installed()
    if name not in installed:
        raise UsageError(f"There is no target '{name}'.", hint=did_you_mean(name, target_names()))
    target = _load(installed[name])
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
