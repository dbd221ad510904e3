"""What the options of `export` ask for, checked before anything heavy starts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from edgeconv.core.errors import UsageError

if TYPE_CHECKING:
    from edgeconv.pipeline import ExportRequest
    from edgeconv.profiles import RecipeProfile, SplitProfile
    from edgeconv.sources import SourceSpec


Read = TypeVar("Read")


@dataclass(frozen=True)
class Wanted:
    """The options as the user wrote them."""

    source: str
    target: str | None
    profile: str | None
    calibration: Path | None
    verification: Path | None
    out: Path | None
    weights: Path | None
    settings: tuple[str, ...]
    labels: Path | None
    input_shapes: tuple[str, ...]
    input_layouts: tuple[str, ...]
    seed: int
    threads: int | None
    fold: str | None = None
    """'frames' or 'strip'."""
    split: str | None = None
    """'backbone,head', or 'none'."""
    int16: tuple[str, ...] = ()
    float32: tuple[str, ...] = ()
    auto_recipe: bool = False


def export_request(wanted: Wanted) -> ExportRequest:
    """Read the options.

    Raises:
        UsageError: no such model, target, profile or file; options that contradict each other.
    """
    from edgeconv.pipeline import ExportRequest
    from edgeconv.steps.profile import choose_profile

    spec = source_spec(
        wanted.source,
        settings=wanted.settings,
        weights=wanted.weights,
        input_shapes=wanted.input_shapes,
        input_layouts=wanted.input_layouts,
        seed=wanted.seed,
    )
    profile = choose_profile(wanted.target, wanted.profile)
    if wanted.threads is not None:
        profile = profile.model_copy(update={"threads": wanted.threads})
    if wanted.fold is not None:
        profile = profile.model_copy(update={"fold": wanted.fold})
    if wanted.split is not None:
        profile = profile.model_copy(update={"split": split_profile(wanted.split)})
    if wanted.int16 or wanted.float32 or wanted.auto_recipe:
        profile = profile.model_copy(update={"recipe": _recipe(profile.recipe, wanted)})
    if wanted.labels is not None and not wanted.labels.is_file():
        raise UsageError(f"the labels file '{wanted.labels}' does not exist", hint="give one class name per line")
    return ExportRequest(
        spec=spec,
        profile=profile,
        out=wanted.out or Path(f"{spec.name}-{profile.target}"),
        calibration=wanted.calibration,
        verification=wanted.verification,
        labels=wanted.labels,
    )


def _recipe(recipe: RecipeProfile, wanted: Wanted) -> RecipeProfile:
    """The profile's, and what the options add."""
    return recipe.model_copy(
        update={
            "int16": (*recipe.int16, *wanted.int16),
            "float32": (*recipe.float32, *wanted.float32),
            "auto": recipe.auto or wanted.auto_recipe,
        }
    )


def source_spec(
    source: str,
    *,
    settings: tuple[str, ...],
    weights: Path | None,
    input_shapes: tuple[str, ...],
    input_layouts: tuple[str, ...],
    seed: int,
) -> SourceSpec:
    """Which network the options name.

    Raises:
        UsageError: there is none; options that contradict each other.
    """
    from edgeconv import sources

    return sources.resolve(
        source,
        options=_settings(settings),
        weights=weights,
        input_shape=per_input(input_shapes, "--input-shape", _shape) or None,
        input_layout=per_input(input_layouts, "--input-layout", str) or None,
        seed=seed,
    )


def split_profile(written: str) -> SplitProfile | None:
    """'backbone,head': both parts must be made, under these names; 'none': the network stays whole.

    Raises:
        UsageError: what is written names no two files.
    """
    from pydantic import ValidationError

    from edgeconv.profiles import SplitProfile

    if written == "none":
        return None
    try:
        return SplitProfile.model_validate({"names": written.split(","), "required": True})
    except ValidationError as error:
        reasons = [f"'{e['input']}': {e['msg'].removeprefix('Value error, ')}" for e in error.errors()]
        raise UsageError(
            f"--split '{written}' names no two parts", reasons=reasons, hint="write it as --split backbone,head"
        ) from error


def _settings(written: tuple[str, ...]) -> dict[str, str]:
    settings: dict[str, str] = {}
    for text in written:
        name, equals, value = text.partition("=")
        if not equals or not name.isidentifier():
            raise UsageError(f"--set '{text}' is not name=value", hint="write it as --set num_frames=8")
        if name in settings:
            raise UsageError(f"--set gives '{name}' twice")
        settings[name] = value
    return settings


def per_input(written: tuple[str, ...], option: str, read: Callable[[str], Read]) -> tuple[Read, ...] | dict[str, Read]:
    """The values of a repeatable option: all in the order of the inputs, or all as name=value."""
    named = [text.rpartition("=") for text in written]
    if not any(equals for _, equals, _ in named):
        return tuple(read(value) for _, _, value in named)
    if not all(name for name, _, _ in named):
        raise UsageError(f"{option} is given with names and without", hint=f"write {option} NAME=VALUE every time")
    if len({name for name, _, _ in named}) < len(named):
        raise UsageError(f"{option} gives an input twice", reasons=written)
    return {name: read(value) for name, _, value in named}


def _shape(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(size) for size in text.replace("x", ",").split(","))
    except ValueError:
        raise UsageError(
            f"the input shape '{text}' is not a list of sizes", hint="write it as --input-shape 1,3,16,112,112"
        ) from None
