"""Rounding with regard to the inputs: a smaller output error where inputs are alike, nearest where they are not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tflite_graphs import Array, Build, Lab, built, draws, numbers, quant_of, real, run, seen_ranges, steps

from edgeconv.core.backend import Window
from edgeconv.runtimes import Feed, Patch, RangesRequest, calibration
from edgeconv.steps.quantizing import _patches
from edgeconv.tflite import Graph, Recipe, quantize, read_moments, write
from edgeconv.tflite.rounding import InputMoments, bias_correction, round_weights


def moments_of(kind: str, channels: int, k: int, seed: int = 0) -> Array:
    """[C, K, K]; 'alike': neighbours are alike and have a mean; 'white': all independent."""
    random = np.random.default_rng(seed)
    if kind == "white":
        return np.eye(k)[None] * random.uniform(0.5, 2, channels)[:, None, None]
    at = np.arange(k)
    rho = random.uniform(0.5, 0.95, channels)[:, None, None]
    return np.asarray(
        (rho ** np.abs(at[:, None] - at) + random.uniform(0, 2)) * random.uniform(0.1, 5, channels)[:, None, None]
    )


def output_error(change: Array, moments: Array) -> float:
    """E |(q - w) x|^2 over all outputs, for [O, K, C] and [C, K, K]."""
    return float(np.einsum("okc,ckl,olc->", change, moments, change))


def weights(out: int, k: int, channels: int, seed: int) -> Array:
    return np.random.default_rng(seed).normal(0, 30, (out, k, channels)).clip(-127, 127)


def over_channels(moments: Array, k: int) -> tuple[int, int]:
    """(K, C) of a weight with these moments: 1x1 kernels have theirs over the channels."""
    return (1, moments.shape[1]) if k == 1 else (k, moments.shape[0])


def change(weight: Array, moments: Array) -> tuple[float, float]:
    """Errors of ours and of nearest."""
    ours, nearest = round_weights(weight, moments) - weight, np.round(weight) - weight
    if weight.shape[1] == 1:
        ours, nearest = ours.transpose(0, 2, 1), nearest.transpose(0, 2, 1)
    return output_error(ours, moments), output_error(nearest, moments)


@pytest.mark.parametrize("k", [1, 9])
@given(st.integers(0, 1000), st.integers(2, 8))
@draws(30)
def test_never_worse_than_nearest_on_inputs_that_are_alike(k: int, seed: int, channels: int) -> None:
    moments = moments_of("alike", 1 if k == 1 else channels, channels if k == 1 else k, seed)
    ours, nearest = change(weights(24, *over_channels(moments, k), seed), moments)
    assert ours <= nearest * 1.1


@pytest.mark.parametrize("k", [1, 9])
def test_much_better_than_nearest_on_inputs_that_are_much_alike(k: int) -> None:
    moments = moments_of("alike", 1 if k == 1 else 6, 16 if k == 1 else k)
    ours, nearest = change(weights(64, *over_channels(moments, k), 1), moments)
    assert ours < 0.5 * nearest


@pytest.mark.parametrize("k", [1, 4, 9])
@given(st.integers(0, 1000))
@draws(20)
def test_nearest_on_white_inputs(k: int, seed: int) -> None:
    moments = moments_of("white", 1 if k == 1 else 5, 5 if k == 1 else k, seed)
    weight = weights(8, *over_channels(moments, k), seed)
    np.testing.assert_array_equal(round_weights(weight, moments), np.round(weight))


@pytest.mark.parametrize("k", [1, 9])
def test_whole_numbers_within_the_range(k: int) -> None:
    moments = moments_of("alike", 1 if k == 1 else 3, 12 if k == 1 else k)
    shape = over_channels(moments, k)
    weight = np.sign(weights(9, *shape, 0)) * 127.0
    np.testing.assert_array_equal(round_weights(weight, moments), weight)
    rounded = round_weights(weight * 0.999, moments)
    assert rounded.shape == weight.shape
    np.testing.assert_array_equal(rounded, np.round(rounded))
    assert np.abs(rounded).max() <= 127


def test_channels_do_not_touch_each_other() -> None:
    moments, weight = moments_of("alike", 4, 9), weights(5, 9, 4, 0)
    whole = round_weights(weight, moments)
    for c in range(4):
        np.testing.assert_array_equal(
            whole[:, :, c : c + 1], round_weights(weight[:, :, c : c + 1], moments[c : c + 1])
        )


@pytest.mark.parametrize("k", [1, 9])
def test_channels_that_were_never_lit(k: int) -> None:
    """Singular moments: a dead ReLU channel, and two channels that are always equal."""
    moments = np.zeros((3, k, k)) if k > 1 else np.zeros((1, 3, 3))
    if k == 1:
        moments[0, :2, :2] = 1.0
    else:
        moments[1] = 1.0
    weight = weights(4, *over_channels(moments, k), 0)
    rounded = round_weights(weight, moments)
    assert np.isfinite(rounded).all()
    assert np.abs(rounded - weight).max() < 10


@pytest.mark.parametrize("k", [1, 9])
@given(st.integers(0, 1000))
@draws(20)
def test_bias_correction_is_the_mean_error(k: int, seed: int) -> None:
    """Over stationary inputs, whose mean is the same at every kernel position."""
    random = np.random.default_rng(seed)
    error, mean = random.uniform(-0.5, 0.5, (5, k, 4)), random.normal(0, 2, 4)
    inputs = random.normal(0, 1, (300, k, 4))
    inputs += mean - inputs.mean(0)
    outputs = np.einsum("okc,nkc->no", error, inputs)
    np.testing.assert_allclose((outputs - bias_correction(error, mean)).mean(0), 0, atol=1e-12)


# In a whole quantization -------------------------------------------------------------------------------------------

SHAPE = (4, 10, 12, 6)
KINDS: dict[str, Build] = {
    "1x1": lambda b, x: b.conv2d(x, numbers(8, 6, 1, 1), numbers(8), Window((1, 1)), 1),
    "3x3": lambda b, x: b.conv2d(x, numbers(8, 6, 3, 3), numbers(8), Window((3, 3)), 1),
    "depthwise": lambda b, x: b.conv2d(x, numbers(12, 1, 3, 3), numbers(12), Window((3, 3)), 6),
    "dense": lambda b, x: b.dense(b.reshape(x, (480, 6)), numbers(6, 5), numbers(5)),
}


def smooth(seed: int = 0) -> Array:
    """Neighbouring pixels and channels are alike, and all have a mean."""
    noise = numbers(*SHAPE, seed=seed, low=0, high=0.3)
    base = 1 + np.cumsum(numbers(*SHAPE[:3], 1, seed=seed + 1), 2) * 0.3
    return np.maximum(base * np.linspace(0.4, 1.6, 6) + noise, 0).astype(np.float32)


def calibrated(graph: Graph, x: Array, folder: Path) -> dict[str, InputMoments]:
    """Through the very functions of an export, in this process."""
    (folder / "m.tflite").write_bytes(write(graph, "case"))
    np.save(folder / "x.npy", x[None])
    feed = Feed(clips=folder / "x.npy", perm=(0, 1, 2, 3), physical=x.shape)
    calibration.ranges(
        RangesRequest(
            model=folder / "m.tflite",
            feeds=(feed,),
            patches=_patches(graph),
            moments=folder / "moments.npz",
            threads=1,
        )
    )
    with np.load(folder / "moments.npz") as arrays:
        return read_moments(dict(arrays))


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_the_int8_model_has_no_mean_error_left(kind: str, tmp_path: Path, lab: Lab) -> None:
    """Against the same model with weights rounded to nearest; coarse weights, so that their error leads."""
    graph, x = built(KINDS[kind], SHAPE), smooth()
    ranges = seen_ranges(graph, x)
    seen = calibrated(graph, x, tmp_path)
    expected = run(graph, x)[0]
    errors = []
    for moments in (None, seen):
        made = quantize(graph, ranges, Recipe(), moments)
        got = real(lab.run(made, steps(x, quant_of(made, made.inputs[0]))), quant_of(made, made.outputs[0]))
        off = (got - expected).reshape(-1, expected.shape[-1])
        errors.append((float(np.abs(off.mean(0)).max()), float((off**2).mean())))
        step = quant_of(made, made.outputs[0]).scales[0]
    assert errors[1][0] <= max(errors[0][0], 0.12 * step)
    assert errors[1][1] <= errors[0][1] * 1.02


def test_moments_are_those_of_numpy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calibration, "PATCHES", 20000)
    x = smooth()
    for kind in ("1x1", "3x3", "depthwise"):
        graph = built(KINDS[kind], SHAPE)
        (seen,) = calibrated(graph, x, tmp_path).values()
        np.testing.assert_allclose(seen.mean, x.mean((0, 1, 2), dtype=np.float64), rtol=1e-6)
        if kind == "depthwise":
            assert seen.moments is None
            continue
        assert seen.moments is not None
        rows = x.reshape(-1, 6).astype(np.float64)
        expected = (rows.T @ rows / len(rows))[None]
        if kind == "3x3":
            views = np.lib.stride_tricks.sliding_window_view(x.astype(np.float64), (3, 3), (1, 2)).reshape(-1, 6, 9)
            expected = np.einsum("nck,ncl->ckl", views, views) / len(views)
        assert seen.moments.shape == expected.shape
        np.testing.assert_allclose(seen.moments, expected, rtol=0.05)


def test_dilated_patches_look_where_the_kernel_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calibration, "PATCHES", 20000)
    window = Window((2, 3), (1, 1), (3, 2))
    graph = built(lambda b, x: b.conv2d(x, numbers(2, 6, 2, 3), None, window, 1), SHAPE)
    x = smooth()
    (seen,) = calibrated(graph, x, tmp_path).values()
    views = np.stack([x[:, i : i + 7, j : j + 8].astype(np.float64).reshape(-1, 6) for i in (0, 3) for j in (0, 2, 4)])
    assert seen.moments is not None
    np.testing.assert_allclose(seen.moments, np.einsum("knc,lnc->ckl", views, views) / views.shape[1], rtol=0.05)


def test_ranges_are_true_over_all_clips(tmp_path: Path) -> None:
    graph = built(lambda b, x: b.unary("Tanh", b.binary("Mul", x, x), {}), SHAPE)
    (tmp_path / "m.tflite").write_bytes(write(graph, "case"))
    clips = np.stack([numbers(*SHAPE, seed=s, low=-s, high=s) for s in (1, 3, 2)])
    np.save(tmp_path / "x.npy", clips)
    feed = Feed(clips=tmp_path / "x.npy", perm=(0, 1, 2, 3), physical=SHAPE)
    stats = calibration.ranges(RangesRequest(model=tmp_path / "m.tflite", feeds=(feed,), threads=1)).stats
    meant = {"x0/input": clips, "graph/MUL": clips**2, "graph/TANH": np.tanh(clips**2)}
    assert set(stats) == set(meant)
    for name, values in meant.items():
        assert (stats[name].low, stats[name].high) == pytest.approx((values.min(), values.max()), rel=1e-5)
        share = np.array(stats[name].counts) / sum(stats[name].counts)
        true = np.histogram(values, len(share), (values.min(), values.max()))[0] / values.size
        assert np.abs(np.cumsum(share) - np.cumsum(true)).max() < 0.03


def test_moments_are_the_mean_over_clips(tmp_path: Path) -> None:
    graph = built(KINDS["1x1"], (1, 2, 2, 6))
    (tmp_path / "m.tflite").write_bytes(write(graph, "case"))
    clips = np.stack([numbers(1, 2, 2, 6, seed=s) + s for s in range(3)])
    np.save(tmp_path / "x.npy", clips)
    feed = Feed(clips=tmp_path / "x.npy", perm=(0, 1, 2, 3), physical=(1, 2, 2, 6))
    out = graph.outputs[0]
    calibration.ranges(
        RangesRequest(
            model=tmp_path / "m.tflite",
            feeds=(feed,),
            patches={out: Patch(tensor=graph.inputs[0], second=False)},
            moments=tmp_path / "m.npz",
            threads=1,
        )
    )
    with np.load(tmp_path / "m.npz") as arrays:
        assert list(arrays) == [f"{out}|mean"]
        np.testing.assert_allclose(arrays[f"{out}|mean"], clips.mean((0, 1, 2, 3)), rtol=1e-6)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_the_bias_takes_back_what_rounding_adds_on_average(kind: str) -> None:
    """Every output channel by the means of the input channels it really reads."""
    graph, mean = built(KINDS[kind], SHAPE), np.array([1.0, -3.0, 10.0, 0.0, 30.0, -100.0])
    op = graph.ops[-1]
    moments = None if kind == "depthwise" else moments_of("alike", 6 if kind == "3x3" else 1, 9 if kind == "3x3" else 6)
    seen = {op.outputs[0]: InputMoments(mean, moments)}
    made = quantize(graph, seen_ranges(graph, smooth()), Recipe(), seen)
    weight, bias = (np.asarray(graph.tensors[n].data, np.float64) for n in op.inputs[1:])
    new, new_bias = (made.tensors[n] for n in made.ops[-1].inputs[1:])
    assert new.quant is not None
    assert new_bias.quant is not None
    last = kind == "depthwise"  # [1, h, w, out] instead of [out, ...]
    scales = np.array(new.quant.scales) if last else np.array(new.quant.scales).reshape(-1, *[1] * (weight.ndim - 1))
    error = np.asarray(new.data) * scales - weight
    added = error.sum((0, 1, 2)) * mean[np.arange(12) // 2] if last else error.reshape(len(error), -1, 6).sum(1) @ mean
    steps_of_bias = np.array(new_bias.quant.scales)
    np.testing.assert_allclose(np.asarray(new_bias.data) * steps_of_bias, bias - added, atol=steps_of_bias.max() * 0.51)
    assert np.abs(added).max() > 10 * steps_of_bias.max()


@pytest.mark.parametrize("kernel", [1, 3])
def test_a_grouped_convolution_is_rounded_as_one_convolution_per_group(kernel: int) -> None:
    window = Window((kernel, kernel))
    weight, x = numbers(4, 3, kernel, kernel), smooth()
    whole = built(lambda b, t: b.conv2d(t, weight, None, window, 2), SHAPE)
    mean = np.array([1.0, -3.0, 10.0, 0.0, 3.0, -2.0])
    full = moments_of("alike", 1, 6)[0]
    moments = full[None] if kernel == 1 else moments_of("alike", 6, 9)
    made = quantize(whole, seen_ranges(whole, x), Recipe(), {whole.ops[0].outputs[0]: InputMoments(mean, moments)})
    for g in (0, 1):
        mine = slice(3 * g, 3 * g + 3)
        part = built(lambda b, t, w=weight[2 * g : 2 * g + 2]: b.conv2d(t, w, None, window, 1), (*SHAPE[:3], 3))
        seen = InputMoments(mean[mine], moments[:, mine, mine] if kernel == 1 else moments[mine])
        alone = quantize(part, seen_ranges(part, x[..., mine]), Recipe(), {part.ops[0].outputs[0]: seen})
        weights = [np.asarray(m.tensors[m.ops[0].inputs[1]].data) for m in (made, alone)]
        np.testing.assert_array_equal(weights[0][2 * g : 2 * g + 2], weights[1])
        bias = [m.tensors[m.ops[0].inputs[2]] for m in (made, alone)]
        real_bias = [np.asarray(b.data) * np.array(b.quant.scales) for b in bias if b.quant is not None]
        np.testing.assert_allclose(real_bias[0][2 * g : 2 * g + 2], real_bias[1], rtol=0.05, atol=1e-3)
