"""Source and video: the network's inputs, the samples for them, the exported ONNX and PyTorch's own answers."""

from __future__ import annotations

import numpy as np

from edgeconv import sources, video
from edgeconv.core.report import ClipSet
from edgeconv.steps.state import Road


def describe(road: Road, session: sources.SourceSession) -> sources.Description:
    with road.watch.stage("source"):
        result = session.describe()
        road.watch.saw(result.peak_mib)
    return result.value


def read_clips(road: Road, described: sources.Description) -> tuple[video.Samples, video.Samples]:
    with road.watch.stage("video"):
        sets = video.load_samples(
            video.SampleRequest(
                inputs=described.inputs,
                calibration_dir=road.request.calibration,
                verification_dir=road.request.verification,
                video=road.profile.video,
                calibration=road.profile.calibration,
                verification=road.profile.verification,
                seed=road.request.spec.seed,
                scratch=road.staged.scratch,
            )
        )
        for loaded in sets:
            role, files = loaded.info.role, {}
            for number, (info, array) in enumerate(zip(described.inputs, loaded.arrays, strict=True)):
                files[info.name] = road.staged.scratch / (f"{role}.{number}.npy" if number else f"{role}.npy")
                np.save(files[info.name], array)
            road.clips[role] = files
    calibration, verification = (s.info for s in sets)
    skipped = tuple(f"skipped {s.name}: {s.reason}" for s in (*calibration.skipped, *verification.skipped))
    if calibration.synthetic:
        road.warnings.append("calibrated on synthetic clips: give --calibration a folder of real videos")
    first, second = (len(info.clips) // info.per_sample for info in (calibration, verification))
    road.done("video", f"{first} {_noun(calibration)} to calibrate on, {second} to verify with", skipped)
    return sets


def _noun(info: ClipSet) -> str:
    if info.per_sample > 1:
        return f"batches of {info.per_sample} clips"
    return "ready samples" if info.ready else "clips"


def prepare(road: Road, session: sources.SourceSession, described: sources.Description) -> sources.Prepared:
    with road.watch.stage("export to ONNX"):
        result = session.prepare(
            sources.PrepareRequest(
                spec=road.request.spec,
                calibration=tuple(road.clips["calibration"].values()),
                verification=tuple(road.clips["verification"].values()),
                onnx=road.original,
                reference=road.staged.scratch / "torch.npy",
                opset=road.profile.onnx.opset,
                threads=road.profile.threads,
            )
        )
        road.watch.saw(result.peak_mib)
    made = result.value
    if made.untrained:
        road.warnings.append(f"the weights are {made.weights}: the outputs mean nothing, parity does")
    notes = (*described.notes, *made.notes)
    road.done("source", f"{road.request.spec.name}, {made.weights}; {made.exporter}", notes)
    return made
