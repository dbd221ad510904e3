"""int8, one operator at a time: what the runtimes' kernels give against integers in numpy.

In TFLite's own kernels of tflite-runtime 2.14 and of LiteRT, and with the delegate of each. Every kernel is right to
one step; a chain of kernels to the number of steps that its case names.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tflite_cases import CASES
from tflite_graphs import Lab, built, interpreter, numbers, quant_of, quantized_graph, real, run, steps
from tflite_reference import reference

from edgeconv.tflite import Graph, optimize, write

RUNTIMES = [("tflite-runtime", False), ("tflite-runtime", True), ("litert", False), ("litert", True)]


def made_of(case: str) -> tuple[Graph, Graph]:
    """The float graph and its int8 form."""
    shapes = CASES[case].shapes
    graph = built(CASES[case].build, *shapes)
    optimize(graph)
    seen = [numbers(*s, seed=i + 1, low=-3, high=2.5) for i, s in enumerate(shapes)]
    return graph, quantized_graph(graph, *seen)


ROUNDINGS = {"mean": 0.6, "swish": 0.35, "leaky": 0.25, "slope": 0.4}
"""Share of results that are a step off, where it is not rare, as measured: MEAN rounds the zero point's share on its
own, LOGISTIC works in fixed point, LEAKY_RELU of XNNPACK has a slope of eight bits."""


@pytest.mark.parametrize("case", sorted(CASES))
def test_kernels_are_right_to_a_step(case: str, lab: Lab) -> None:
    graph, made = made_of(case)
    assert not [n for n, t in made.tensors.items() if t.dtype == "float32"]
    rare = max((share for word, share in ROUNDINGS.items() if word in case), default=0.2)
    # Beyond what calibration saw too: the clamps are part of the operator.
    for low, high in ((-6, 6), (-3, 2.5)):
        reals = [numbers(*s, seed=i + 1, low=low, high=high) for i, s in enumerate(CASES[case].shapes)]
        given = [steps(x, quant_of(made, n)) for x, n in zip(reals, made.inputs, strict=True)]
        meant = reference(made, *given)
        for runtime, delegate in RUNTIMES:
            got = lab.run(made, *given, runtime=runtime, delegate=delegate)
            assert got.shape == meant.shape
            off = np.abs(got.astype(int) - meant.astype(int))
            assert off.max() <= CASES[case].bound, (runtime, delegate)
            assert (off > 0).mean() < rare or off.size < 10, (runtime, delegate)  # a rounding now and then, no shift
    a, b = run(graph, *reals)[0], real(meant, quant_of(made, made.outputs[0]))
    assert np.vdot(a, b) > 0.995 * np.sqrt(np.vdot(a, a) * np.vdot(b, b))


@pytest.mark.parametrize("case", sorted(CASES))
def test_one_partition_unless_the_case_says_why_not(case: str) -> None:
    """Between two sums, which are taken for certain."""
    one = CASES[case]

    def build(b: Any, x: str, *more: str) -> str:
        y = one.build(b, b.binary("Add", x, b.constant(numbers(4))), *more)
        width = b.graph.shape(y)[-1]
        made: str = b.binary("Add", y, b.constant(numbers(width)))
        return made

    graph = built(build, *one.shapes)
    optimize(graph)
    made = quantized_graph(graph, *(numbers(*s, seed=i + 1, low=-3, high=2.5) for i, s in enumerate(one.shapes)))
    plan = [d["op_name"] for d in interpreter(write(made, "case"), delegate=True)._get_ops_details()]
    assert plan.count("DELEGATE") == (2 if one.cut else 1)
