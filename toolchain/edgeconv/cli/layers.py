"""The layers of a bundle for people and for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

    from edgeconv.core.drift import Apart
    from edgeconv.layers_road import BundleLayers


def layers_dict(found: BundleLayers) -> dict[str, Any]:
    return {
        "layers": found.layers.model_dump(mode="json"),
        "drift": [point.model_dump(mode="json") for point in found.drift],
        "findings": list(found.findings),
    }


def print_layers(found: BundleLayers, console: Console) -> None:
    """One row per tensor of the int8 file, in execution order; then what stands out."""
    from rich.table import Table
    from rich.text import Text

    from edgeconv.report import exact_words, int8_words
    from edgeconv.report import format as fmt

    exact = {value.tensor: value for value in found.layers.values}
    blamed = {c.tensor for stage in found.layers.stages for c in stage.culprits}
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("tensor", overflow="fold", ratio=1)
    for heading in ("fp32 to ONNX", "int8 SQNR", "lost", "beyond rounding"):
        table.add_column(heading, justify="right", no_wrap=True)
    for point in found.drift:
        value = exact.get(point.tensor)
        table.add_row(
            Text(point.tensor, "red" if point.tensor in blamed else ""),
            _relative(value.tflite if value else None),
            fmt.decibel(point.sqnr_db),
            fmt.decibel(point.lost_db),
            fmt.decibel(point.excess_db),
        )
    console.print(table)
    said = (*map(exact_words, found.layers.stages), int8_words(found.drift))
    for words in (w for w in said if w and w not in found.findings):
        console.print(Text(words), soft_wrap=True)
    if not found.layers.stages:
        console.print("The float file was not compared with the ONNX: in strip fold its tensors hold gaps.")


def _relative(apart: Apart | None) -> str:
    return f"{apart.relative:.1e}" if apart else "–"
