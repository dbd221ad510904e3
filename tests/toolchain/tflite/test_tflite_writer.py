"""The file: read back by three runtimes and by our reader, the same bytes every time, weights where Arm reads them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from tflite_graphs import Array, Lab, built, numbers, quantized_graph, run

from edgeconv.core.backend import Window
from edgeconv.inspection import inspect_file
from edgeconv.runtimes import Feed, RunRequest, run_model
from edgeconv.tflite import Graph, Recipe, write

SHAPE = (2, 5, 7, 3)


def graph() -> Graph:
    def build(b: Any, x: str, side: str) -> list[str]:
        b.scope("stem")
        stem = b.conv2d(x, numbers(5, 3, 3, 2), numbers(5), Window((3, 2), (2, 1)), 1)
        b.scope("tail")
        both = b.concat([stem, side], 3)
        return [b.unary("Relu", both, {}), b.reduce("ReduceMean", stem, (1, 2))]

    return built(build, SHAPE, (2, 2, 6, 2))


def clips() -> tuple[Array, Array]:
    return numbers(*SHAPE, seed=1), numbers(2, 2, 6, 2, seed=2)


def test_our_reader_sees_what_was_written(tmp_path: Path) -> None:
    made = graph()
    path = tmp_path / "m.tflite"
    path.write_bytes(write(made, "words for people"))
    summary = inspect_file(path)
    assert [o.op for o in summary.ops] == [o.kind for o in made.ops]
    assert [t.shape for t in summary.inputs] == [SHAPE, (2, 2, 6, 2)]
    assert [t.shape for t in summary.outputs] == [(2, 2, 6, 7), (2, 1, 1, 5)]
    conv = summary.ops[0]
    assert conv.outputs[0].name == "stem/CONV_2D"
    assert conv.attributes["padding"] == "VALID"
    assert (conv.attributes["stride_h"], conv.attributes["stride_w"]) == (2, 1)
    assert conv.macs == 2 * 2 * 6 * 5 * 3 * 3 * 2
    assert summary.dtypes["float32"] == sum(t.dtype == "float32" for t in made.tensors.values())


def test_quantization_survives_the_file(tmp_path: Path) -> None:
    made = quantized_graph(graph(), *clips())
    path = tmp_path / "m.tflite"
    path.write_bytes(write(made, ""))
    summary = inspect_file(path)
    assert not summary.float_islands
    for tensor in summary.tensors:
        quant = made.tensors[tensor.name].quant
        assert tensor.scales == (() if quant is None else tuple(float(np.float32(s)) for s in quant.scales))
        assert tensor.zero_points == (() if quant is None else quant.zero_points)


@pytest.mark.parametrize("runtime", ["litert", "tflite-runtime", "tensorflow"])
def test_every_runtime_reads_it(runtime: str, tmp_path: Path) -> None:
    """Through the public call, one child each."""
    made, given = graph(), clips()
    (tmp_path / "m.tflite").write_bytes(write(made, "case"))
    feeds = []
    for i, array in enumerate(given):
        np.save(tmp_path / f"{i}.npy", array[None])
        feeds.append(Feed(clips=tmp_path / f"{i}.npy", perm=(0, 1, 2, 3), physical=array.shape))
    request = RunRequest(
        runtime=runtime, model=tmp_path / "m.tflite", feeds=tuple(feeds), outputs=tmp_path / "y.npy", threads=1
    )
    assert run_model(request).value.version
    np.testing.assert_allclose(np.load(tmp_path / "y.npy")[0], run(made, *given)[0], atol=1e-5)


@pytest.mark.parametrize("recipe", [None, Recipe(), Recipe("uint8", "uint8")])
def test_bytes_are_the_same_every_time(recipe: Recipe | None) -> None:
    def once() -> bytes:
        made = graph()
        return write(made if recipe is None else quantized_graph(made, *clips(), recipe=recipe), "case")

    assert once() == once()


def table_of(data: bytes) -> Any:
    return schema.Model.GetRootAs(data, 0)


@pytest.mark.parametrize("int8", [False, True])
def test_every_buffer_lies_on_a_16_byte_boundary(int8: bool) -> None:
    made = quantized_graph(graph(), *clips()) if int8 else graph()
    model = table_of(write(made, "a description of an odd length"))
    held = []
    for i in range(model.BuffersLength()):
        buffer = model.Buffers(i)
        if buffer.DataLength():
            at = buffer._tab.Vector(buffer._tab.Offset(4))
            assert at % 16 == 0, i
            held.append(bytes(model._tab.Bytes[at : at + buffer.DataLength()]))
    constants = [t.data.tobytes() for t in made.tensors.values() if t.data is not None]
    assert held == constants
    assert model.Buffers(0).DataLength() == 0
    assert any(len(c) % 16 for c in constants)  # otherwise the boundary would keep itself


def test_description_version_and_identifier() -> None:
    data = write(graph(), "words for people")
    assert data[4:8] == b"TFL3"
    assert (table_of(data).Version(), table_of(data).Description()) == (3, b"words for people")


def test_signature_bears_the_public_names() -> None:
    made = quantized_graph(graph(), *clips(), recipe=Recipe("uint8", "uint8"))
    model = table_of(write(made, ""))
    assert model.SignatureDefsLength() == 1
    signature, main = model.SignatureDefs(0), model.Subgraphs(0)
    assert signature.SignatureKey() == b"serving_default"
    names = list(made.tensors)
    inputs = [signature.Inputs(i) for i in range(signature.InputsLength())]
    outputs = [signature.Outputs(i) for i in range(signature.OutputsLength())]
    assert [e.Name() for e in inputs] == [b"x0", b"x1"]
    assert [e.Name() for e in outputs] == [b"y0", b"y1"]
    assert [e.TensorIndex() for e in inputs] == main.InputsAsNumpy().tolist() == [names.index(n) for n in made.inputs]
    assert [e.TensorIndex() for e in outputs] == main.OutputsAsNumpy().tolist()
    assert {main.Tensors(e.TensorIndex()).Type() for e in inputs + outputs} == {schema.TensorType.UINT8}


def test_operator_codes_name_each_kind_and_version_once() -> None:
    made = quantized_graph(graph(), *clips(), recipe=Recipe("uint8", "int8"))
    model = table_of(write(made, ""))
    codes = [model.OperatorCodes(i) for i in range(model.OperatorCodesLength())]
    builtin = {value: name for name, value in vars(schema.BuiltinOperator).items() if not name.startswith("_")}
    found = [(builtin[c.BuiltinCode()], c.Version()) for c in codes]
    assert found == [("CONCATENATION", 2), ("CONV_2D", 3), ("MEAN", 2), ("MUL", 2), ("QUANTIZE", 2), ("RESHAPE", 1)]
    assert all(c.DeprecatedBuiltinCode() == min(c.BuiltinCode(), 127) for c in codes)
    main = model.Subgraphs(0)
    used = [builtin[codes[main.Operators(i).OpcodeIndex()].BuiltinCode()] for i in range(main.OperatorsLength())]
    assert used == [op.kind for op in made.ops]


def test_two_versions_of_one_kind_have_two_codes() -> None:
    """A float and an int8 operator of one kind in one file."""
    float_one = built(lambda b, x: b.unary("Tanh", x, {}), (1, 3))
    whole = quantized_graph(float_one, numbers(1, 3))
    for name, tensor in float_one.tensors.items():
        whole.tensors[f"float/{name}"] = type(tensor)(f"float/{name}", tensor.shape)
    op = float_one.ops[0]
    whole.ops.append(type(op)(op.kind, (f"float/{op.inputs[0]}",), (f"float/{op.outputs[0]}",)))
    model = table_of(write(whole, ""))
    assert sorted(model.OperatorCodes(i).Version() for i in range(model.OperatorCodesLength())) == [1, 2]


def test_new_operators_are_marked_for_old_readers() -> None:
    made = table_of(write(built(lambda b, x: b.unary("HardSwish", x, {}), (1, 3)), ""))
    code = made.OperatorCodes(0)
    assert code.BuiltinCode() == schema.BuiltinOperator.HARD_SWISH
    assert code.DeprecatedBuiltinCode() == min(schema.BuiltinOperator.HARD_SWISH, 127)


def test_an_unknown_option_is_not_dropped_silently() -> None:
    made = built(lambda b, x: b.softmax(x), (1, 3))
    made.ops[0].options["bta"] = 2.0
    with pytest.raises(AssertionError, match="SoftmaxOptions has no option bta"):
        write(made, "")


def test_empty_description_and_a_large_weight(lab: Lab) -> None:
    """Larger than the builder's first guess of a megabyte."""
    weight = numbers(1100, 300)
    made = built(lambda b, x: b.dense(x, weight, None), (2, 1100))
    x = numbers(2, 1100, seed=3)
    data = write(made, "")
    assert weight.nbytes < len(data) < weight.nbytes * 1.02 + 8192
    np.testing.assert_allclose(lab.run(made, x), x @ weight, atol=1e-3)
