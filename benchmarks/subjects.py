"""What is measured: the built-in models with the very weights and clips that a default export gives them.

    python benchmarks/subjects.py MODEL FOLDER

writes the ONNX file that the export starts from, the clips, PyTorch's answers, and what other converters need: the
weights, and for a 4D model the network as a user would export it (frames in, nothing merged).
"""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

MODELS = ("eco-lite-4d-add", "eco-lite-3d", "eco-lite-4d-concat", "eco-lite-4d-sequential")
PROFILE = "tflite"
SEED = 0


@dataclass(frozen=True)
class Subject:
    """One model's files in a folder of the cache."""

    model: str
    folder: Path

    @property
    def onnx(self) -> Path:
        return self.folder / "original.onnx"

    @property
    def frames_onnx(self) -> Path:
        return self.folder / "frames.onnx"

    @property
    def weights(self) -> Path:
        return self.folder / "weights.npz"

    def clips(self, role: str) -> Path:
        """[clips, 1, 3, T, H, W], float32, normalised; the role is 'calibration' or 'verification'."""
        return self.folder / f"{role}.npy"

    @property
    def reference(self) -> Path:
        """PyTorch's logits on the verification clips."""
        return self.folder / "torch.npy"


def subject(model: str, cache: Path) -> Subject:
    """The model's files, made anew in a process of its own."""
    made = Subject(model, cache / "subjects" / model)
    made.folder.mkdir(parents=True, exist_ok=True)
    subprocess.run([sys.executable, __file__, model, str(made.folder)], check=True)
    return made


def make(made: Subject) -> None:
    """Run the first stations of the road and keep what they leave."""
    import shutil

    from edgeconv import bundle, sources
    from edgeconv.core.progress import Silent, Stopwatch
    from edgeconv.pipeline import ExportRequest
    from edgeconv.profiles import load_profile
    from edgeconv.steps.source import describe, prepare, read_clips
    from edgeconv.steps.state import Road

    spec = sources.resolve(made.model, options={}, weights=None, seed=SEED)
    request = ExportRequest(spec, load_profile(PROFILE), made.folder / "unused")
    with bundle.StagedFolder(request.out) as staged:
        road = Road(request, staged, Stopwatch(Silent()))
        with sources.open_source(spec, request.profile.threads) as session:
            described = describe(road, session)
            read_clips(road, described)
            prepare(road, session, described)
        for name in (made.onnx, made.reference, made.clips("calibration"), made.clips("verification")):
            shutil.copyfile(staged.scratch / name.name, name)
    _for_peers(made)


def _for_peers(made: Subject) -> None:
    """The same settled network again, in the forms that other converters take."""
    import torch

    import edgeconv_models
    from edgeconv.sources.exporters import export, subject_of
    from edgeconv.sources.seeding import settle
    from edgeconv_models.eco_lite import EcoLite

    network: EcoLite = getattr(edgeconv_models, made.model.replace("-", "_"))(seed=SEED)
    torch.set_num_threads(2)
    calibration = np.load(made.clips("calibration"), mmap_mode="r")
    settle(network, [(torch.from_numpy(np.array(clip)),) for clip in calibration], SEED)
    network.eval()
    with torch.inference_mode():
        logits = network(torch.from_numpy(np.load(made.clips("verification"), mmap_mode="r")[0].copy())).numpy()
    expected = np.load(made.reference)[0]
    if np.abs(logits - expected).max() > 1e-4 * np.abs(expected).max():
        raise RuntimeError(f"{made.model} was not built the same way twice; peers would get another network")
    np.savez(made.weights, **{name: tensor.numpy() for name, tensor in network.state_dict().items()})
    if network.variant != "3d":
        layers = torch.nn.Sequential(network.backbone, network.head, network.dropout, network.classifier)
        frames = torch.zeros(network.num_frames, 3, network.image_size, network.image_size)
        export(subject_of(layers.eval(), (frames,)), made.frames_onnx, opset=17)


if __name__ == "__main__":
    make(Subject(sys.argv[1], Path(sys.argv[2]).absolute()))
