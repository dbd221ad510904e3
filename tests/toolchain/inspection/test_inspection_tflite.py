"""The TFLite reader against TensorFlow's own interpreter, and on files made by hand."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import ai_edge_litert.schema_py_generated as schema
import numpy as np
import pytest
from inspection_files import FileBuilder, conv_file

from edgeconv.core.summary import ModelSummary
from edgeconv.inspection import inspect_file

ORACLE = Path(__file__).with_name("inspection_oracle.py")


@pytest.fixture(scope="module")
def oracle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("oracle")
    done = subprocess.run([sys.executable, str(ORACLE), str(folder)], capture_output=True, text=True, timeout=180)
    if "No module named 'tensorflow'" in done.stderr:
        pytest.skip("TensorFlow is not installed")
    assert done.returncode == 0, done.stderr[-2000:]
    return folder


def both(folder: Path, name: str) -> tuple[ModelSummary, dict[str, Any]]:
    return inspect_file(folder / f"{name}.tflite"), json.loads((folder / f"{name}.json").read_text())


@pytest.mark.parametrize("name", ["int8", "float", "dynamic"])
def test_tensors_are_those_of_the_interpreter(oracle: Path, name: str) -> None:
    summary, expected = both(oracle, name)
    ours = {t.name: t for t in summary.tensors}
    theirs = {t["name"]: t for t in expected["tensors"] if t["name"]}
    assert set(ours) == set(theirs)
    for name_, tensor in theirs.items():
        ours_ = ours[name_]
        assert list(ours_.shape) == tensor["shape"]
        assert ours_.dtype == tensor["dtype"]
        assert list(ours_.scales) == pytest.approx(tensor["scales"])
        assert list(ours_.zero_points) == tensor["zero_points"]


@pytest.mark.parametrize("name", ["int8", "float", "dynamic"])
def test_ops_inputs_and_outputs_are_those_of_the_interpreter(oracle: Path, name: str) -> None:
    summary, expected = both(oracle, name)
    assert [o.op for o in summary.ops] == expected["ops"]
    assert [t.name for t in summary.inputs] == expected["inputs"]
    assert [t.name for t in summary.outputs] == expected["outputs"]


def test_options_of_a_converted_model(oracle: Path) -> None:
    summary, _ = both(oracle, "int8")
    first = {o.op: o for o in reversed(summary.ops)}
    conv = first["CONV_2D"].attributes
    assert (conv["padding"], conv["stride_w"], conv["fused_activation_function"]) == ("SAME", 2, "RELU")
    assert first["DEPTHWISE_CONV_2D"].attributes["padding"] == "VALID"
    assert first["STRIDED_SLICE"].attributes["strides"] == (1, 2, 1, 1)
    assert first["PAD"].attributes["paddings"] == ((0, 0), (1, 1), (0, 0), (0, 0))
    assert first["MEAN"].attributes["axes"] == (1, 2)
    assert first["MEAN"].attributes["keep_dims"] is False
    assert first["FULLY_CONNECTED"].attributes["weights_format"] == "DEFAULT"


def test_macs_of_a_converted_model(oracle: Path) -> None:
    summary, _ = both(oracle, "int8")
    macs = {o.op: o.macs for o in summary.ops if o.macs}
    assert macs == {
        "CONV_2D": 8 * 8 * 8 * 3 * 3 * 4,
        "DEPTHWISE_CONV_2D": 6 * 6 * 8 * 3 * 3,
        "FULLY_CONNECTED": 8 * 10,
    }


def test_constants_are_the_weights_and_parameters(oracle: Path) -> None:
    summary, _ = both(oracle, "int8")
    conv = next(o for o in summary.ops if o.op == "CONV_2D")
    assert [t.constant for t in conv.tensors] == [False, True, True, False]


def test_dynamic_sizes_are_minus_one(oracle: Path) -> None:
    summary, _ = both(oracle, "dynamic")
    assert summary.inputs[0].shape == (-1, 16, 16, 4)
    assert all(o.macs == 0 for o in summary.ops if o.op == "CONV_2D")


def test_all_subgraphs_are_read(oracle: Path) -> None:
    summary, expected = both(oracle, "loop")
    main = [o for o in summary.ops if "subgraph" not in o.attributes]
    inner = [o for o in summary.ops if "subgraph" in o.attributes]
    assert [o.op for o in main] == expected["ops"]
    assert {"LESS", "MUL"} <= {o.op for o in inner}
    assert [o.index for o in summary.ops] == list(range(len(summary.ops)))


def test_a_file_made_by_hand(tmp_path: Path) -> None:
    summary = inspect_file(conv_file(tmp_path / "conv.tflite"))
    (op,) = summary.ops
    assert (summary.format, summary.opset, op.op, op.version, op.name) == ("tflite", None, "CONV_2D", 3, "features")
    assert op.macs == 4 * 4 * 16 * 3 * 3 * 4
    assert (summary.inputs[0].scales, summary.inputs[0].zero_points) == ((0.5,), (3,))
    assert summary.bytes == (tmp_path / "conv.tflite").stat().st_size


def test_content_decides_over_the_extension(tmp_path: Path) -> None:
    assert inspect_file(conv_file(tmp_path / "model.onnx")).format == "tflite"


def test_compiled_edge_tpu_file(tmp_path: Path) -> None:
    f = FileBuilder()
    x, y = f.tensor("x", (1, 8)), f.tensor("y", (1, 4))
    f.op("edgetpu-custom-op", [x], [y])
    (op,) = inspect_file(f.write(tmp_path / "m_edgetpu.tflite", [x], [y])).ops
    assert (op.op, op.attributes["custom_code"]) == ("edgetpu-custom-op", "edgetpu-custom-op")


def test_left_out_inputs_equal_names_and_unused_tensors(tmp_path: Path) -> None:
    f = FileBuilder()
    x, y = f.tensor("same", (1, 8), "FLOAT32"), f.tensor("same", (1, 8), "FLOAT32")
    helper = f.tensor("", (2,), "INT32", data=np.array([1, 2], np.int32))
    f.op("CONV_2D", [x, x, -1], [y])
    summary = inspect_file(f.write(tmp_path / "m.tflite", [x], [y]))
    assert summary.ops[0].inputs[2] is None
    assert len({t.name for t in summary.tensors}) == 3
    assert summary.shape_helpers == (summary.tensors[-1],)
    assert summary.shape_helpers[0].name == f"tensor#{helper}"


def test_an_input_that_nothing_produces_is_constant_but_a_variable_is_not(tmp_path: Path) -> None:
    f = FileBuilder()
    x, lost, state, y = (f.tensor(n, (1, 8), "FLOAT32") for n in ("x", "lost", "state", "y"))
    f.graph.tensors[state].isVariable = True
    f.op("ADD_N", [x, lost, state], [y])
    op = inspect_file(f.write(tmp_path / "m.tflite", [x], [y])).ops[0]
    assert [t.constant for t in op.inputs if t] == [False, True, False]


def test_constant_zeros_of_a_concatenation(tmp_path: Path) -> None:
    f = FileBuilder()
    x = f.tensor("x", (1, 2, 4), scale=0.1, zero_point=-5)
    zeros = f.tensor("zeros", (1, 1, 4), data=np.full(4, -5, np.int8), scale=0.1, zero_point=-5)
    ones = f.tensor("ones", (1, 1, 4), data=np.full(4, 1, np.int8), scale=0.1, zero_point=-5)
    y = f.tensor("y", (1, 4, 4), scale=0.1, zero_point=-5)
    f.op("CONCATENATION", [x, zeros, ones], [y], options=schema.ConcatenationOptionsT(axis=1))
    op = inspect_file(f.write(tmp_path / "m.tflite", [x], [y])).ops[0]
    assert (op.attributes["axis"], op.attributes["zero_constants"]) == (1, (1,))


@pytest.mark.parametrize(
    ("op", "shapes", "expected"),
    [
        ("TRANSPOSE_CONV", [(4,), (8, 3, 3, 4), (1, 5, 5, 4), (1, 10, 10, 8)], 5 * 5 * 4 * 8 * 3 * 3),
        ("CONV_3D", [(1, 4, 8, 8, 3), (3, 3, 3, 3, 16), (1, 4, 8, 8, 16)], 4 * 8 * 8 * 16 * 27 * 3),
        ("BATCH_MATMUL", [(2, 5, 7), (2, 7, 3), (2, 5, 3)], 2 * 5 * 3 * 7),
        ("ADD", [(2, 5), (2, 5), (2, 5)], 0),
    ],
)
def test_macs(tmp_path: Path, op: str, shapes: list[tuple[int, ...]], expected: int) -> None:
    f = FileBuilder()
    tensors = [f.tensor(f"t{i}", shape, "FLOAT32") for i, shape in enumerate(shapes)]
    f.op(op, tensors[:-1], tensors[-1:])
    assert inspect_file(f.write(tmp_path / "m.tflite", tensors[:-1], tensors[-1:])).macs == expected


def test_transposed_batch_matmul(tmp_path: Path) -> None:
    f = FileBuilder()
    a, b, y = (f.tensor(n, s, "FLOAT32") for n, s in (("a", (7, 5)), ("b", (7, 3)), ("y", (5, 3))))
    f.op("BATCH_MATMUL", [a, b], [y], options=schema.BatchMatMulOptionsT(adjX=True))
    assert inspect_file(f.write(tmp_path / "m.tflite", [a, b], [y])).macs == 5 * 3 * 7
