"""The two views of a summary."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path

from inspection_files import FileBuilder, conv_file
from rich.console import Console

from edgeconv.inspection import inspect_file, render_summary, summary_as_dict


def island_file(path: Path) -> Path:
    """int8 in and out, a float CONV_3D and a TRANSPOSE of rank 5 between."""
    f = FileBuilder()
    x = f.tensor("x", (1, 4, 8, 8, 3), scale=0.1)
    a = f.tensor("[a]", (1, 4, 8, 8, 3), "FLOAT32")
    w = f.tensor("w", (3, 3, 3, 3, 3), "FLOAT32")
    b = f.tensor("b", (1, 4, 8, 8, 3), "FLOAT32", signature=(-1, 4, 8, 8, 3))
    y = f.tensor("y", (1, 4, 8, 8, 3), scale=0.1)
    f.op("DEQUANTIZE", [x], [a], version=2)
    f.op("CONV_3D", [a, w], [b])
    f.op("TRANSPOSE", [b], [b])
    f.op("QUANTIZE", [b], [y])
    return f.write(path, [x], [y])


def text_of(path: Path) -> str:
    out = StringIO()
    render_summary(inspect_file(path), Console(file=out, width=160))
    return out.getvalue()


def test_dict_is_json_and_names_no_folder(tmp_path: Path) -> None:
    found = summary_as_dict(inspect_file(conv_file(tmp_path / "conv.tflite")))
    assert json.loads(json.dumps(found)) == found
    assert str(tmp_path) not in json.dumps(found)
    assert (found["path"], found["ops_total"], found["transposes"]) == ("conv.tflite", 1, 0)
    assert found["op_versions"] == {"CONV_2D": [3]}
    assert found["macs"] == 4 * 4 * 16 * 3 * 3 * 4
    assert found["inputs"] == [
        {
            "name": "clip",
            "shape": [1, 8, 8, 4],
            "dtype": "int8",
            "quantization": {"scales": [0.5], "zero_points": [3]},
        }
    ]
    assert found["warnings"] == []


def test_dict_of_an_island(tmp_path: Path) -> None:
    found = summary_as_dict(inspect_file(island_file(tmp_path / "m.tflite")))
    assert found["float_islands"] == ["[a]", "w", "b"]
    assert (found["max_rank"], found["transposes"]) == (5, 1)
    assert found["outputs"][0]["quantization"] == {"scales": [0.10000000149011612], "zero_points": [0]}
    assert len(found["warnings"]) == 4


def test_person_view(tmp_path: Path) -> None:
    text = text_of(conv_file(tmp_path / "conv.tflite"))
    for words in ("conv.tflite", "CONV_2D", "clip", "int8", "[1, 8, 8, 4]", "scale 0.5, zero point 3", "9,216"):
        assert words in text
    assert "warning" not in text


def test_person_view_of_an_island_warns(tmp_path: Path) -> None:
    text = text_of(island_file(tmp_path / "m.tflite"))
    for words in ("3 float tensors", "rank above 4", "1 3D convolution", "leaves open", "[a]"):
        assert words in text
