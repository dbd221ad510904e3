"""Source and video: the network's input, the clips, the exported ONNX and PyTorch's own answers."""

from __future__ import annotations

import numpy as np

from edgeconv import sources, video
from edgeconv.core.errors import ModelError
from edgeconv.steps.state import Road


def describe(road: Road, session: sources.SourceSession) -> sources.Description:
    with road.watch.stage("source"):
        result = session.describe()
        road.watch.saw(result.peak_mib)
    described = result.value
    if (
        sorted(described.input_layout) != sorted("NCTHW")
        or described.input_shape[described.input_layout.index("N")] != 1
    ):
        raise ModelError(
            f"the input {list(described.input_shape)} ({described.input_layout}) is not one clip",
            hint="clips of one sample with axes N C T H W in any order can be calibrated on video",
        )
    if described.input_shape[described.input_layout.index("C")] != 3:
        raise ModelError(f"the input {list(described.input_shape)} does not have three colour channels")
    return described


def read_clips(road: Road, described: sources.Description) -> tuple[video.LoadedClips, video.LoadedClips]:
    size = dict(zip(described.input_layout, described.input_shape, strict=True))
    with road.watch.stage("video"):
        sets = video.load_clips(
            video.ClipRequest(
                calibration_dir=road.request.calibration,
                verification_dir=road.request.verification,
                frames=size["T"],
                height=size["H"],
                width=size["W"],
                video=road.profile.video,
                calibration=road.profile.calibration,
                verification=road.profile.verification,
                seed=road.request.spec.seed,
                scratch=road.staged.scratch,
            )
        )
        for loaded in sets:
            # Clips come as [M, C, T, H, W]; the network's own axis order, with its N = 1, is what every child reads.
            order = ["CTHW".index(axis) for axis in described.input_layout if axis != "N"]
            array = loaded.array.transpose(0, *(i + 1 for i in order))
            np.save(road.clips(loaded.info.role), np.expand_dims(array, 1 + described.input_layout.index("N")))
    calibration, verification = (s.info for s in sets)
    skipped = tuple(f"skipped {s.name}: {s.reason}" for s in (*calibration.skipped, *verification.skipped))
    if calibration.synthetic:
        road.warnings.append("calibrated on synthetic clips: give --calibration a folder of real videos")
    road.done(
        "video", f"{len(calibration.clips)} clips to calibrate on, {len(verification.clips)} to verify with", skipped
    )
    return sets


def prepare(road: Road, session: sources.SourceSession) -> sources.Prepared:
    with road.watch.stage("export to ONNX"):
        result = session.prepare(
            sources.PrepareRequest(
                spec=road.request.spec,
                calibration=road.clips("calibration"),
                verification=road.clips("verification"),
                onnx=road.original,
                reference=road.staged.scratch / "torch.npy",
                opset=road.profile.onnx.opset,
                threads=road.profile.threads,
            )
        )
        road.watch.saw(result.peak_mib)
    if result.value.untrained:
        road.warnings.append(f"the weights are {result.value.weights}: the logits mean nothing, parity does")
    road.done(
        "source", f"{road.request.spec.name}, {result.value.weights}; {result.value.exporter}", result.value.notes
    )
    return result.value
