"""What must hold of a lowered network whatever it computes: no oracle is asked, both forms are judged by themselves."""

from __future__ import annotations

from collections import Counter

import numpy as np
import onnx
import pytest
import torch
from graphs_generate import generate
from graphs_spec import Network
from grid_cases import GRID, convolutions
from hypothesis import given
from lowering_cases import FLOAT32, OPSET, Array, difference, draws, physical, run_onnx
from metamorphic_cases import CLIP, FORMS, NETS, Case, build, clip, padded_before, run, turned
from opinfo_cases import NotExportable, export

from edgeconv.core.errors import ModelError
from edgeconv.lowering import OnnxBackend, Trace, fold_batch_norms, graph_of, lower

ROUNDING = 1e-6
"""Largest difference over the output's scale: other kernels may sum in another order."""
each_form = pytest.mark.parametrize("form", FORMS)
each_net = pytest.mark.parametrize("name", NETS)


def lowered(made: onnx.ModelProto, layouts: dict[str, str]) -> tuple[onnx.ModelProto, Trace]:
    graph, backend = graph_of(made), OnnxBackend(OPSET)
    fold_batch_norms(graph)
    trace = lower(graph, backend, layouts)
    return backend.model(), trace


def ops(made: onnx.ModelProto) -> Counter[str]:
    return Counter(n.op_type for n in made.graph.node)


def assert_twice_is_once(made: onnx.ModelProto, layouts: dict[str, str], feeds: dict[str, Array]) -> None:
    once, trace = lowered(made, layouts)
    twice, again = lowered(once, {})
    assert ops(twice) == ops(once)
    fed = {p.name: physical(feeds[p.name], p) for p in trace.inputs}
    assert [p.physical for p in again.inputs] == [a.shape for a in fed.values()]
    for first, second in zip(run_onnx(once, fed), run_onnx(twice, fed), strict=True):
        np.testing.assert_array_equal(first, second)


@each_net
def test_lowering_twice_is_lowering_once(name: str) -> None:
    assert_twice_is_once(build(name)[0].model(2), CLIP, {"x": clip()})


@pytest.mark.parametrize("first", range(20_000, 20_030, 10))
def test_lowering_random_graphs_twice_adds_no_transpose(first: int) -> None:
    judged = 0
    for seed in range(first, first + 10):
        spec = generate(seed)
        network = Network(spec)
        try:
            made = export(network, torch.from_numpy(network.feed()), "clip")
            once, trace = lowered(made, {"clip": spec.layout} if spec.layout != "?" else {})
        except (NotExportable, ModelError):
            continue  # tests/graphs judges what goes through
        twice, _ = lowered(once, {})
        assert ops(twice)["Transpose"] <= ops(once)["Transpose"]
        fed = {p.name: physical(network.feed(), p) for p in trace.inputs}
        for first_time, second in zip(run_onnx(once, fed), run_onnx(twice, fed), strict=True):
            assert difference(second, first_time) <= ROUNDING
        judged += 1
    assert judged >= 7


@each_net
@each_form
def test_time_shift(form: str, name: str) -> None:
    """A clip that starts one frame later gives every inner frame one earlier."""
    net, radius = build(name)
    x = clip(frames=12)
    now, later = (run(form, net.model(2), {"x": part}) for part in (x[:, :, :-1], x[:, :, 1:]))
    assert difference(later[:, :, radius : -radius - 1], now[:, :, radius + 1 : -radius]) <= ROUNDING
    assert difference(later[:, :, :-1], now[:, :, 1:]) > ROUNDING  # the edges do differ


@each_net
@each_form
def test_batches_do_not_mix(form: str, name: str) -> None:
    net, _ = build(name)
    x = clip()
    together = run(form, net.model(2), {"x": x})
    apart = [run(form, net.model(1), {"x": x[i : i + 1]}) for i in (0, 1)]
    assert difference(together, np.concatenate(apart)) <= ROUNDING


@each_net
@each_form
def test_permuted_clips_give_permuted_results(form: str, name: str) -> None:
    net, _ = build(name)
    x = clip()
    assert difference(run(form, net.model(2), {"x": x[::-1]}), run(form, net.model(2), {"x": x})[::-1]) <= ROUNDING


@each_form
@pytest.mark.parametrize("name", ["plain", "residual", "factored", "unet"])
def test_permuted_channels_with_a_permuted_weight_change_nothing(form: str, name: str) -> None:
    """Holds where the first convolution alone sees the clip."""
    net, _ = build(name)
    x, order = clip(), [2, 0, 1]
    permuted = net.model(2, {"w0": net.weights["w0"][:, order]})
    assert difference(run(form, permuted, {"x": x[:, order]}), run(form, net.model(2), {"x": x})) <= ROUNDING
    assert difference(run(form, permuted, {"x": x}), run(form, net.model(2), {"x": x})) > ROUNDING


@each_form
@pytest.mark.parametrize("op", GRID)
def test_all_axes_are_alike(op: str, form: str) -> None:
    """Time computed as width, width as height, height as time: the same numbers on other roads."""

    @draws(40)
    @given(GRID[op]())
    def turn(case: Case) -> None:
        whole = run(form, *case)
        for order in ((1, 2, 0), (2, 1, 0)):
            perm = (0, 1, *(2 + i for i in order))
            assert difference(run(form, *turned(case, order)), whole.transpose(perm)) <= FLOAT32

    turn()


@each_form
def test_zeros_in_the_clip_are_pads(form: str) -> None:
    @draws(60)
    @given(convolutions())
    def pad(case: Case) -> None:
        assert difference(run(form, *padded_before(case)), run(form, *case)) <= FLOAT32

    pad()
