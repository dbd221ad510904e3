"""The paper's variants, trained on Moving Shapes, exported and judged: `python benchmarks/ablation.py --cache DIR`.

Every variant and seed is trained by `edgeconv-train`, exported by `edgeconv export` and judged by `edgeconv evaluate`.
What is done is kept in the cache, so an interrupted run goes on where it ended. Parameters and MACs are also those of
the full size, 16 frames of 224x224 and 400 classes, where nothing has to be trained.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import torch
import typer

from edgeconv_models.cost import macs, parameters
from edgeconv_models.data import moving_shapes
from edgeconv_models.data.motions import MOTIONS
from edgeconv_models.training.checkpoint import Recipe

HERE = Path(__file__).resolve().parent
SMALL = {"num_frames": 8, "image_size": 64, "width": 0.125}
FULL = {"num_frames": 16, "image_size": 224, "num_classes": 400}


@dataclass(frozen=True)
class Variant:
    """One row of the table."""

    name: str
    model: str
    settings: dict[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """Name of its folder in the cache."""
        return "-".join([self.model.rpartition(":")[2], *map(str, self.settings.values())])

    def cost(self, size: dict[str, Any]) -> tuple[int, int]:
        """Parameters and MACs; nothing is computed."""
        with torch.device("meta"):
            network = Recipe(self.model, {**size, **self.settings}).build()
        return parameters(network), macs(network)


VARIANTS = (
    Variant("3D", "eco-lite-3d"),
    Variant("4D sequential", "eco-lite-4d-sequential"),
    Variant("4D add", "eco-lite-4d-add"),
    Variant("4D add, paper's stride", "eco-lite-4d-add", {"stride": "paper"}),
    Variant("4D concat, S/2 each", "eco-lite-4d-concat"),
    Variant("4D concat, S/2 each, paper's stride", "eco-lite-4d-concat", {"stride": "paper"}),
    Variant("4D add, MobileNet", "eco-lite-4d-add", {"backbone": "mobilenet"}),
    Variant("4D add, no temporal branch", "ablation_models:frames_only"),
)


def main(
    cache: Annotated[Path, typer.Option(help="Folder for clips, runs and bundles.")] = HERE.parent / "out" / "ablation",
    page: Annotated[Path, typer.Option(help="Page to write.")] = HERE.parent / "docs" / "paper.md",
    seeds: Annotated[int, typer.Option(min=1)] = 3,
    epochs: Annotated[int, typer.Option(min=1)] = 24,
    clips: Annotated[int, typer.Option(min=1, help="Training clips of each class.")] = 120,
    threads: Annotated[int, typer.Option(min=1)] = 2,
    only: Annotated[list[str] | None, typer.Option(help="Some of the variants, by key; no page is written.")] = None,
) -> None:
    """Train, export and judge every variant, and write the page."""
    data = cache / f"shapes-{clips}"
    checksum = moving_shapes.write(data, {"train": clips, "val": 25, "test": 25})
    found = {
        variant.key: [_judged(variant, seed, epochs, data, cache, threads) for seed in range(seeds)]
        for variant in VARIANTS
        if not only or variant.key in only
    }
    if only:
        print(json.dumps(found, indent=2))
        return
    page.write_text(render(found, seeds, epochs, clips, checksum), encoding="utf-8")


def _judged(variant: Variant, seed: int, epochs: int, data: Path, cache: Path, threads: int) -> dict[str, float]:
    """Accuracy of PyTorch and int8 on the test clips, milliseconds of int8; from the cache where it is there."""
    folder = cache / f"{variant.key}-{data.name}-{epochs}-{seed}"
    done = folder / "judged.json"
    if done.exists():
        return dict(json.loads(done.read_text(encoding="utf-8")))
    settings = {**SMALL, **variant.settings, "num_classes": len(MOTIONS)}
    sets = [part for name, value in settings.items() for part in ("--set", f"{name}={value}")]
    run, bundle = folder / "run", folder / "bundle"
    more = ["--resume"] if (run / "last.pt").exists() else []
    common = ["--seed", str(seed), "--threads", str(threads)]
    schedule = ["--epochs", str(epochs), "--rate", "4e-3", "--zoom", "1.1", "--light", "0.1"]
    _call("edgeconv_models.training", variant.model, "--data", data, "--out", run, *sets, *schedule, *common, *more)
    trained = ["--weights", run / "best.pt", "--labels", run / "labels.txt", "--target", "tflite"]
    clips = ["--calibration", _calibration(data, cache), "--out", bundle]
    _call("edgeconv", "export", variant.model, *sets, *trained, *clips, *common, may_fail=True)
    told = _call("edgeconv", "evaluate", run / "best.pt", bundle, "--data", data / "test", "--stage", "int8", "--json")
    torch_stage, int8_stage = json.loads(told)["stages"]
    judged = {
        "torch": torch_stage["top1"]["share"],
        "int8": int8_stage["top1"]["share"],
        "milliseconds": int8_stage["milliseconds"],
        "bytes": float((bundle / "model_int8.tflite").stat().st_size),
    }
    done.write_text(json.dumps(judged), encoding="utf-8")
    return judged


def _calibration(data: Path, cache: Path) -> Path:
    """Four training clips of every class, in one folder."""
    folder = cache / f"calibration-{data.name}"
    folder.mkdir(exist_ok=True)
    for motion in MOTIONS:
        for number in range(4):
            link = folder / f"{motion}-{number}.avi"
            if not link.exists():
                link.hardlink_to(data / "train" / motion / f"{number:04d}.avi")
    return folder


def _call(module: str, *arguments: object, may_fail: bool = False) -> str:
    """Run a command; a failed gate (exit code 1) leaves its bundle, and may pass."""
    path = os.pathsep.join([str(HERE), *sys.path])
    command = [sys.executable, "-m", module, *map(str, arguments)]
    done = subprocess.run(
        command, env=os.environ | {"PYTHONPATH": path}, text=True, stdout=subprocess.PIPE, check=False
    )
    if done.returncode not in ((0, 1) if may_fail else (0,)):
        raise SystemExit(f"{' '.join(command)} ended with {done.returncode}")
    return done.stdout


def render(found: dict[str, list[dict[str, float]]], seeds: int, epochs: int, clips: int, checksum: str) -> str:
    """The page."""
    base = VARIANTS[0].cost(FULL)
    lines = [
        "# The paper's claim, and what we find",
        "",
        "Written by `python benchmarks/ablation.py`. The paper ([arXiv 2407.16514](https://arxiv.org/abs/2407.16514))",
        "claims up to 51 % fewer parameters and 12 % faster inference at equal or better accuracy.",
        "",
        f"Accuracy: ECO-Lite at width {SMALL['width']}, {SMALL['num_frames']} frames of {SMALL['image_size']}×"
        f"{SMALL['image_size']}, on the test clips of Moving Shapes ({clips} training clips for each of {len(MOTIONS)} "
        f"classes, checksum {checksum[:12]}), {epochs} epochs, mean ± standard deviation of {seeds} seeds. Chance is "
        f"{1 / len(MOTIONS):.1%}. Parameters and MACs: 16 frames of 224×224, 400 classes, against 3D.",
        "",
        "| variant | parameters | MACs | PyTorch | int8 | int8, a clip | int8 file |",
        "|---|---|---|---|---|---|---|",
    ]
    for variant in VARIANTS:
        cost, rows = variant.cost(FULL), found[variant.key]
        shares = [f"{c / 1e6:.2f} M" if i == 0 else f"{c / 1e9:.2f} G" for i, c in enumerate(cost)]
        against = [f"{share} ({c / b - 1:+.0%})" for share, c, b in zip(shares, cost, base, strict=True)]
        clip = statistics.median(row["milliseconds"] for row in rows)
        size = rows[0]["bytes"] / 1e3
        spread = [_mean([row[key] for row in rows]) for key in ("torch", "int8")]
        lines.append(f"| {variant.name} | {' | '.join(against + spread)} | {clip:.1f} ms | {size:.0f} kB |")
    return "\n".join([*lines, ""])


def _mean(values: list[float]) -> str:
    spread = f" ± {statistics.stdev(values):.1%}" if len(values) > 1 else ""
    return f"{statistics.mean(values):.1%}{spread}"


if __name__ == "__main__":
    typer.run(main)
