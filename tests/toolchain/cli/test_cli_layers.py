"""`edgeconv verify --layers` on a real bundle, whole and with a layer spoilt under a manifest that was signed again."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cli_tools import Exported, edgeconv, resign

from edgeconv.core.layout import Array
from edgeconv.inspection import inspect_file


@pytest.fixture
def copy(exported: Exported, tmp_path: Path) -> Path:
    return Path(shutil.copytree(exported.bundle, tmp_path / "copy"))


def layers(bundle: Path, code: int) -> dict[str, Any]:
    ran = edgeconv("verify", bundle, "--no-run", "--layers", "--json")
    assert ran.code == code, ran.out + ran.err
    return dict(json.loads(ran.out)["layers"])


def replace_bytes(path: Path, old: Array, new: Array) -> None:
    """In place; what is looked for must be there once."""
    data = path.read_bytes()
    assert data.count(old.tobytes()) == 1
    path.write_bytes(data.replace(old.tobytes(), new.tobytes()))


def weights(file: Path, tensor: str) -> tuple[str, Array]:
    """Name and content of the weight of the operator that makes a tensor."""
    from ai_edge_litert.interpreter import Interpreter

    (op,) = (o for o in inspect_file(file).ops if o.outputs[0].name == tensor)
    assert op.inputs[1] is not None
    name = op.inputs[1].name
    interpreter = Interpreter(str(file))
    interpreter.allocate_tensors()
    (detail,) = (d for d in interpreter.get_tensor_details() if d["name"] == name)
    return name, np.array(interpreter.get_tensor(detail["index"]))


def temporal(bundle: Path) -> str:
    """The tensor of a temporal convolution, d×1, in the middle of the network, that the ONNX has too."""
    places = [v["tensor"] for v in json.loads((bundle / "layers.json").read_text())["values"]]
    found = [t for t in places if "temporal" in t and t.endswith("/CONV_2D")]
    return found[len(found) // 2]


def test_a_fresh_bundle_differs_nowhere(exported: Exported) -> None:
    found = layers(exported.bundle, 0)
    (stage,) = found["layers"]["stages"]
    assert stage["compared"] > 40
    assert stage["culprits"] == []
    assert 0 < stage["worst"] < 1e-4
    both = [v for v in found["layers"]["values"] if v["tflite"] and v["int8"]]
    assert len(both) == stage["compared"]
    assert all(v["tflite"]["sqnr_db"] > 90 > v["int8"]["sqnr_db"] for v in both)
    assert [v["value"] for v in both][-1] == "logits"
    assert found["findings"] == []


def test_words_for_people(exported: Exported) -> None:
    ran = edgeconv("verify", exported.bundle, "--no-run", "--layers", COLUMNS="200")
    assert ran.code == 0, ran.out
    assert "none differs by itself" in ran.out
    assert "logits/FULLY_CONNECTED" in ran.out


def test_a_reversed_temporal_kernel_in_the_float_file(copy: Path) -> None:
    tensor = temporal(copy)
    _, kernel = weights(copy / "model_fp32.tflite", tensor)
    assert kernel.shape[1] > 1  # O kh kw I
    assert kernel.shape[2] == 1
    replace_bytes(copy / "model_fp32.tflite", kernel, np.ascontiguousarray(kernel[:, ::-1]))
    resign(copy)
    found = layers(copy, 1)
    (stage,) = found["layers"]["stages"]
    assert [c["tensor"] for c in stage["culprits"]] == [tensor]
    assert tensor in found["findings"][0]


def test_a_scale_eight_times_too_large_in_the_int8_file(copy: Path) -> None:
    tensor, file = temporal(copy), copy / "model_int8.tflite"
    (op,) = (o for o in inspect_file(file).ops if o.outputs[0].name == tensor)
    assert op.inputs[1] is not None
    scales = np.array(op.inputs[1].scales, np.float32)
    replace_bytes(file, scales, scales * 8)
    places = json.loads((copy / "layers.json").read_text())
    (copy / "layers.json").write_text(json.dumps({**places, "int8_cosine": 0.99}))  # the tests' profile asks for little
    resign(copy)
    ran = edgeconv("verify", copy, "--no-run", "--layers", "--json")
    told = json.loads(ran.out)["layers"]
    worst = max(told["drift"], key=lambda p: p["excess_db"])
    assert worst["tensor"] == tensor
    assert any(c.startswith("scaled") for c in worst["causes"])
    assert told["layers"]["stages"][0]["culprits"] == []
    assert ran.code == 1
    assert "at least 0.99 is asked" in told["findings"][0]
    assert tensor in told["findings"][1]


@pytest.mark.parametrize(
    "change",
    [lambda bundle: (bundle / "layers.json").unlink(), lambda bundle: (bundle / "layers.json").write_text("[]")],
)
def test_a_bundle_that_does_not_say_where_its_values_lie(copy: Path, change: Callable[[Path], object]) -> None:
    change(copy)
    resign(copy)
    ran = edgeconv("verify", copy, "--no-run", "--layers")
    assert ran.code == 2
    assert "cannot be compared layer by layer" in ran.err


def test_nothing_is_run_of_a_bundle_that_was_changed(copy: Path) -> None:
    (copy / "layers.json").write_text("{}")
    ran = edgeconv("verify", copy, "--layers", "--json")
    assert ran.code == 1
    assert json.loads(ran.out)["layers"] is None
