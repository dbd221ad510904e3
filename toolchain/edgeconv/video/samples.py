"""load_samples: what the network is fed, input by input, to calibrate and to judge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from edgeconv.core.errors import UsageError
from edgeconv.core.layout import Array
from edgeconv.core.report import Clip, ClipSet, InputInfo
from edgeconv.profiles import ClipsProfile, VideoProfile
from edgeconv.video.channels import mixing
from edgeconv.video.clips import ClipRequest, LoadedClips, Role, load_clips
from edgeconv.video.ready import ReadySample, holds_ready_samples, read_samples
from edgeconv.video.sample import spread

AXES = "NCTHW"


@dataclass(frozen=True)
class SampleRequest:
    """What the network's inputs are to be filled with.

    Attributes:
        inputs: of the network; those of clips name their axes.
        calibration_dir: folder of videos or of ready samples (.npz, .npy); None for synthetic videos.
        verification_dir: another one; None to hold some of the calibration samples out.
        video: how frames become numbers.
        calibration: how many samples.
        verification: the same for verification.
        seed: of everything random.
        scratch: folder for synthetic videos; made when missing.
    """

    inputs: tuple[InputInfo, ...]
    calibration_dir: Path | None
    verification_dir: Path | None
    video: VideoProfile
    calibration: ClipsProfile
    verification: ClipsProfile
    seed: int
    scratch: Path


@dataclass(frozen=True, eq=False)
class Samples:
    """M samples of one role.

    Attributes:
        info: for the report: what was used and what was skipped.
        arrays: per input [M, ...input shape...], of its dtype.
        names: M names.
    """

    info: ClipSet
    arrays: tuple[Array, ...]
    names: tuple[str, ...]


def load_samples(request: SampleRequest) -> tuple[Samples, Samples]:
    """Return the (calibration, verification) samples; none is in both.

    Inputs that are clips are filled from the same videos: the input with most frames has them all, another takes
    evenly spaced ones of them (first and last included, as a SlowFast network's slow path does). A batch larger than 1
    takes as many clips per sample.

    Raises:
        UsageError: a folder cannot be used, or the inputs cannot be filled from videos; every reason is told.
        ToolError: the synthetic videos cannot be written.
    """
    folders = [f for f in (request.calibration_dir, request.verification_dir) if f is not None]
    ready = [holds_ready_samples(f) for f in folders]
    if not any(ready):
        return _from_videos(request)
    if request.calibration_dir is None or not all(ready):
        raise UsageError(
            "one set would be ready samples (.npz, .npy) and the other videos",
            hint="give --calibration and --verification folders of the same kind",
        )
    return _from_folders(request, request.calibration_dir)


def frames_of(inputs: Sequence[InputInfo]) -> int:
    """Frames of the clip that all inputs are filled from."""
    return max(axis_size(i, "T") for i in inputs)


def axis_size(info: InputInfo, axis: str) -> int:
    return info.shape[info.layout.index(axis)] if axis in info.layout else 1


def frame_choice(frames: int, wanted: int) -> list[int]:
    """Which frames of a clip an input of fewer frames takes: evenly spaced, truncated to whole ones.

    The formula is `linspace(0, frames - 1, wanted).long()` of pytorchvideo's PackPathway.
    """
    return [int(place) for place in np.linspace(0, frames - 1, wanted)]


def _from_folders(request: SampleRequest, folder: Path) -> tuple[Samples, Samples]:
    other = request.verification_dir
    if other is not None and other.resolve() != folder.resolve():
        first, skipped = read_samples(folder, request.inputs, request.calibration.clips)
        second, skipped_too = read_samples(other, request.inputs, request.verification.clips)
        names = folder.resolve().name, other.resolve().name
    else:
        wanted = request.calibration.clips + request.verification.clips
        whole, skipped = read_samples(folder, request.inputs, wanted)
        if len(whole) < 2:
            raise UsageError(
                f"the folder '{folder}' has one usable sample: nothing is left to verify with",
                reasons=[f"skipped {s.name}: {s.reason}" for s in skipped],
                hint="add another, or name a verification folder",
            )
        held = set(spread(len(whole), max(1, (len(whole) + 2) // 4)))
        first = [s for i, s in enumerate(whole) if i not in held][: request.calibration.clips]
        second, skipped_too = [whole[i] for i in sorted(held)], ()
        names = folder.resolve().name, f"{folder.resolve().name} (held out)"
    return (
        _ready("calibration", names[0], first, {"skipped": skipped}),
        _ready("verification", names[1], second, {"skipped": skipped_too}),
    )


def _ready(role: Role, origin: str, samples: Sequence[ReadySample], more: dict[str, Any]) -> Samples:
    clips = tuple(Clip(name=s.name) for s in samples)
    info = ClipSet(role=role, origin=origin, synthetic=False, clips=clips, ready=True, **more)
    arrays = tuple(np.stack(of_input) for of_input in zip(*(s.arrays for s in samples), strict=True))
    return Samples(info, arrays, tuple(s.name for s in samples))


def _from_videos(request: SampleRequest) -> tuple[Samples, Samples]:
    _refuse_other_than_clips(request.inputs)
    batch = max(axis_size(i, "N") for i in request.inputs)
    sizes = dict.fromkeys((axis_size(i, "H"), axis_size(i, "W")) for i in request.inputs)
    loaded = {
        size: load_clips(
            ClipRequest(
                calibration_dir=request.calibration_dir,
                verification_dir=request.verification_dir,
                frames=frames_of(request.inputs),
                height=size[0],
                width=size[1],
                video=request.video,
                calibration=_times(request.calibration, batch),
                verification=_times(request.verification, batch),
                seed=request.seed,
                scratch=request.scratch,
            )
        )
        for size in sizes
    }
    calibration, verification = (_gather(request, {s: pair[role] for s, pair in loaded.items()}) for role in (0, 1))
    return calibration, verification


def _times(profile: ClipsProfile, batch: int) -> ClipsProfile:
    return profile.model_copy(update={"clips": profile.clips * batch})


def _gather(request: SampleRequest, by_size: dict[tuple[int, int], LoadedClips]) -> Samples:
    batch = max(axis_size(i, "N") for i in request.inputs)
    first = next(iter(by_size.values()))
    mixed = sorted({axis_size(i, "C") for i in request.inputs} - {1, 3})
    info = first.info.model_copy(update={"per_sample": batch})
    if mixed and info.synthetic:
        info = info.model_copy(update={"origin": f"{info.origin}, mixed to {' and '.join(map(str, mixed))} channels"})
    arrays = tuple(
        _fill(i, by_size[axis_size(i, "H"), axis_size(i, "W")].array, request, batch, info.synthetic)
        for i in request.inputs
    )
    names = [first.names[i : i + batch] for i in range(0, len(first.names), batch)]
    return Samples(info, arrays, tuple(" + ".join(n) if batch <= 4 else f"{n[0]} and {batch - 1} more" for n in names))


def _fill(info: InputInfo, clips: Array, request: SampleRequest, batch: int, synthetic: bool) -> Array:
    """float32 clips [M·batch, 3, T, H, W] as the input takes them, [M, ...input shape...]."""
    matrix = mixing(axis_size(info, "C"), request.video, request.seed, synthetic=synthetic)
    if matrix is not None:
        clips = np.einsum("kc,mcthw->mkthw", matrix, clips)
    if (frames := axis_size(info, "T")) < clips.shape[2]:
        clips = clips[:, :, frame_choice(clips.shape[2], frames)]
    samples = clips.reshape(-1, batch, *clips.shape[1:])[:, : axis_size(info, "N")]
    absent = tuple(1 + AXES.index(axis) for axis in AXES if axis not in info.layout)
    kept = [axis for axis in AXES if axis in info.layout]
    return np.squeeze(samples, absent).transpose(0, *(1 + kept.index(axis) for axis in info.layout))


def _refuse_other_than_clips(inputs: Sequence[InputInfo]) -> None:
    reasons = []
    for info in inputs:
        if not {"C", "H", "W"} <= set(info.layout):
            axes = f"has the axes {info.layout}" if info.layout else "does not name its axes"
            reasons.append(f"input '{info.name}' {list(info.shape)} {axes}: no channels, height and width")
        elif info.dtype != "float32":
            reasons.append(f"input '{info.name}' takes {info.dtype}, not float32")
    if reasons:
        raise UsageError(
            "the network's inputs cannot be filled from videos",
            reasons=reasons,
            hint="name the axes with --input-layout, or give --calibration a folder of .npz samples",
        )
