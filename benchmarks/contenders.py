"""Who takes part in the latency run: our bundles, and the peers' files, made or taken from the cache."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

import peer_onnx2tf
import peer_tensorflow
from latency import Entry
from results import PeerCost
from subjects import MODELS, Subject, subject

_TITLES = {
    "eco-lite-4d-add": "edgeconv int8, 4D-add (LiteRT)",
    "eco-lite-3d": "edgeconv int8, exact 3D (LiteRT)",
    "eco-lite-4d-concat": "edgeconv int8, 4D-concat (LiteRT)",
    "eco-lite-4d-sequential": "edgeconv int8, 4D-sequential (LiteRT)",
}


@dataclass
class Field:
    """The contenders, who is missing and why, and what the peers' conversions took."""

    clips: Path
    entries: list[Entry] = field(default_factory=list)
    skipped: dict[str, str] = field(default_factory=dict)
    costs: dict[str, PeerCost] = field(default_factory=dict)


def gather(cache: Path, bundles: Path, onnx2tf_python: Path | None) -> Field:
    """Make whatever is not in the cache yet.

    Raises:
        RuntimeError: a bundle is missing, or a peer failed.
    """
    missing = [m for m in MODELS if not (bundles / m / "model_int8.tflite").is_file()]
    if missing:
        raise RuntimeError(f"no bundle of {', '.join(missing)}: run the export benchmark first")
    print("building the 3D baseline and the 4D-add model for the peers", flush=True)
    known: dict[str, Subject] = {m: subject(m, cache) for m in ("eco-lite-3d", "eco-lite-4d-add")}
    solid, flat = known["eco-lite-3d"], known["eco-lite-4d-add"]
    found = Field(solid.clips("verification"))
    for model in MODELS:
        found.entries.append(Entry(model, _TITLES[model], bundles / model / "model_int8.tflite", known.get(model)))
    found.entries.append(Entry("onnxruntime-3d", "ONNX Runtime fp32, 3D baseline", solid.onnx, solid))
    _tensorflow(found, solid, cache)
    _onnx2tf(found, flat, cache, onnx2tf_python)
    return found


def _tensorflow(found: Field, solid: Subject, cache: Path) -> None:
    title = "TensorFlow's converter, full-int8 settings, 3D with CONV_3D (LiteRT)"
    if find_spec("tensorflow") is None:
        found.skipped[title] = "tensorflow is not installed (pip install 'edgeconv[tensorflow]')"
        return
    print("TensorFlow's converter on the 3D baseline", flush=True)
    found.entries.append(Entry("tensorflow-3d", title, peer_tensorflow.convert(solid, cache / "peers"), solid))


def _onnx2tf(found: Field, flat: Subject, cache: Path, python: Path | None) -> None:
    name = f"onnx2tf {peer_onnx2tf.VERSION}"
    title = f"{name} int8, 4D-add (LiteRT)"
    if python is None:
        found.skipped[title] = "no --onnx2tf-python was given"
        return
    print("onnx2tf on the 4D-add model (four minutes where it is not in the cache)", flush=True)
    made = peer_onnx2tf.convert(python, flat, cache / "peers")
    found.entries.append(Entry("onnx2tf-4d-add", title, made.model, flat))
    found.costs[f"{name}, 4D-add"] = PeerCost(seconds=made.seconds, peak_gb=made.peak_gb)
