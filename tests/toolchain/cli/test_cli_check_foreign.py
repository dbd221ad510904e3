"""`edgeconv check` on files that no export of ours makes: control flow, several graphs, sizes that are not fixed."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from ai_edge_litert import schema_py_generated as schema
from cli_tools import edgeconv
from compilers_cases import given
from onnx import TensorProto, helper

from edgeconv import compilers

sys.path.insert(0, str(Path(__file__).parents[1] / "inspection"))

from inspection_files import FileBuilder


def two_branches(path: Path) -> Path:
    """IF over two graphs of one ADD each, behind a convolution-free main graph."""
    f = FileBuilder()
    which = f.tensor("which", (1,), "BOOL")
    x, y = f.tensor("x", (1, 6, 8), scale=0.1), f.tensor("y", (1, 6, 8), scale=0.1)
    options = schema.IfOptionsT()
    options.thenSubgraphIndex, options.elseSubgraphIndex = 1, 2
    f.op("IF", [which, x], [y], options=options)
    main = f.graph
    for name in ("then", "else"):
        f.graph = schema.SubGraphT()
        f.graph.tensors, f.graph.operators = [], []
        a, b = f.tensor(f"{name}/a", (1, 6, 8), scale=0.1), f.tensor(f"{name}/b", (1, 6, 8), scale=0.1)
        f.op("ADD", [a, a], [b], options=schema.AddOptionsT())
        f.graph.inputs, f.graph.outputs = [a], [b]
        f.model.subgraphs.append(f.graph)
    f.graph = main
    return f.write(path, [which, x], [y])


def open_size(path: Path) -> Path:
    f = FileBuilder()
    x, y = (f.tensor(n, (1, 6, 8), signature=(-1, 6, 8), scale=0.1) for n in "xy")
    f.op("ADD", [x, x], [y], options=schema.AddOptionsT())
    return f.write(path, [x], [y])


Verdicts = list[tuple[str, str, str]]
"""Op, verdict and reasons."""
DEVICES = ("coral", "ethos-u55-256", "ethos-u55-256@4.5", "ethos-u85-256", "tflite-gpu")


def checked(path: Path, targets: Sequence[str], code: int = 0) -> dict[str, Any]:
    """What is told of each target."""
    ran = edgeconv("check", path, *(word for target in targets for word in ("-t", target)), "--json")
    assert ran.code == code, ran.err
    return dict(zip(targets, json.loads(ran.out)["targets"], strict=True))


def verdicts(told: dict[str, Any]) -> Verdicts:
    return [(o["op"], o["verdict"], " ".join(o["reasons"])) for o in told["ops"]]


def test_control_flow_is_never_called_accelerated(tmp_path: Path) -> None:
    told = checked(two_branches(tmp_path / "if.tflite"), (*DEVICES, "tflite", "litert"))
    for target in DEVICES:
        found = verdicts(told[target])
        assert [op for op, _, _ in found] == ["IF", "ADD", "ADD"]
        assert found[0][1] in ("cpu", "unknown")
        assert found[0][2]
    assert told["tflite"]["partitions"] is told["litert"]["partitions"] is None


def test_a_size_that_is_not_fixed_has_its_reason(tmp_path: Path) -> None:
    for told in checked(open_size(tmp_path / "open.tflite"), ("coral", "ethos-u55-256", "tflite")).values():
        ((op, verdict, why),) = verdicts(told)
        assert (op, verdict == "accelerated") == ("ADD", False)
        assert "-1" in why


def test_what_vela_has_compiled_runs_on_its_npu_alone(tmp_path: Path) -> None:
    made = compilers.compile_model("ethos-u55-256", given(tmp_path), tmp_path)
    assert made is not None
    told = checked(tmp_path / made.file, ("ethos-u55-256", "tflite", "coral"), code=1)
    assert [verdicts(t)[0][:2] for t in told.values()] == [
        ("ethos-u", "accelerated"),
        ("ethos-u", "unsupported"),
        ("ethos-u", "cpu"),
    ]


def onnx_if() -> list[onnx.NodeProto]:
    def branch(name: str) -> onnx.GraphProto:
        out = helper.make_tensor_value_info(f"{name}_y", TensorProto.FLOAT, [2, 3])
        return helper.make_graph([helper.make_node("Neg", ["x"], [f"{name}_y"])], name, [], [out])

    flag = onnx.numpy_helper.from_array(np.array(True), "flag")
    return [
        helper.make_node("Constant", [], ["flag"], value=flag),
        helper.make_node("If", ["flag"], ["y"], then_branch=branch("a"), else_branch=branch("b")),
    ]


CASES: dict[str, tuple[Callable[[], list[onnx.NodeProto]], tuple[int | str, ...]]] = {
    "control flow": (onnx_if, (2, 3)),
    "dynamic": (lambda: [helper.make_node("Neg", ["x"], ["y"])], ("batch", 3)),
    "foreign domain": (lambda: [helper.make_node("Magic", ["x"], ["y"], domain="com.example")], (2, 3)),
}


@pytest.mark.parametrize("case", CASES)
def test_onnx_files_get_a_verdict(tmp_path: Path, case: str) -> None:
    nodes, shape = CASES[case]
    ends = [helper.make_tensor_value_info(n, TensorProto.FLOAT, shape) for n in "xy"]
    opsets = [helper.make_opsetid("", 18), helper.make_opsetid("com.example", 1)]
    graph = helper.make_graph(nodes(), "g", ends[:1], ends[1:])
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=9), tmp_path / "m.onnx")
    found = verdicts(checked(tmp_path / "m.onnx", ("onnxruntime",))["onnxruntime"])
    assert case == "control flow" or {verdict for _, verdict, _ in found} == {"unknown"}
    assert all(why for _, verdict, why in found if verdict != "accelerated")
