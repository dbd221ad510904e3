"""Small networks of tokens, attention and convolutions on tokens, in which orders matter."""

from __future__ import annotations

import random

import numpy as np
import onnx
from lowering_cases import Array, Node, Weights, model, node

LAYOUT = {"x": "NCTHW"}
SHAPE = (1, 3, 3, 2, 5)


def tokens(seed: int) -> onnx.ModelProto:
    """A patch embedding, then one or two residual blocks: attention, a matrix, or a depthwise convolution."""
    dice, draw = random.Random(seed), Weights(seed)
    nodes = [
        node("Conv", ["x", "w"], ["c"], pads=[1] * 6),
        node("Reshape", ["c", "flat"], ["r"]),
        node("Transpose", ["r"], ["t"], perm=[0, 2, 1]),
    ]
    weights: dict[str, Array] = {
        "w": draw(4, 3, 3, 3, 3),
        "flat": np.array([1, 4, 30], np.int64),
        "heads": np.array([1, 30, 3, 2, 2], np.int64),
        "joined": np.array([1, 30, 4], np.int64),
        "volume": np.array([1, 4, 3, 2, 5], np.int64),
    }
    weights |= {f"i{i}": np.array(i, np.int64) for i in range(3)}
    name = "t"
    for block in range(dice.randint(1, 2)):
        made, name = dice.choice([_attention, _matrix, _convolution])(name, block, weights, draw)
        nodes += made
    return model(nodes, {"x": SHAPE}, [name], weights)


def _attention(x: str, b: int, weights: dict[str, Array], draw: Weights) -> tuple[list[Node], str]:
    weights[f"q{b}"] = draw(4, 12, low=-0.1, high=0.1)  # scores that softmax does not blow up
    return [
        node("MatMul", [x, f"q{b}"], [f"qkv{b}"]),
        node("Reshape", [f"qkv{b}", "heads"], [f"split{b}"]),
        node("Transpose", [f"split{b}"], [f"first{b}"], perm=[2, 0, 3, 1, 4]),
        *(node("Gather", [f"first{b}", f"i{i}"], [f"part{b}_{i}"], axis=0) for i in range(3)),
        node("Transpose", [f"part{b}_1"], [f"key{b}"], perm=[0, 1, 3, 2]),
        node("MatMul", [f"part{b}_0", f"key{b}"], [f"score{b}"]),
        node("Softmax", [f"score{b}"], [f"share{b}"], axis=-1),
        node("MatMul", [f"share{b}", f"part{b}_2"], [f"mixed{b}"]),
        node("Transpose", [f"mixed{b}"], [f"last{b}"], perm=[0, 2, 1, 3]),
        node("Reshape", [f"last{b}", "joined"], [f"back{b}"]),
        node("Add", [x, f"back{b}"], [f"out{b}"]),
    ], f"out{b}"


def _matrix(x: str, b: int, weights: dict[str, Array], draw: Weights) -> tuple[list[Node], str]:
    weights[f"m{b}"] = draw(4, 4)
    return [
        node("MatMul", [x, f"m{b}"], [f"h{b}"]),
        node("Relu", [f"h{b}"], [f"g{b}"]),
        node("Add", [x, f"g{b}"], [f"out{b}"]),
    ], f"out{b}"


def _convolution(x: str, b: int, weights: dict[str, Array], draw: Weights) -> tuple[list[Node], str]:
    weights[f"k{b}"] = draw(4, 1, 3, 3, 3)
    return [
        node("Transpose", [x], [f"u{b}"], perm=[0, 2, 1]),
        node("Reshape", [f"u{b}", "volume"], [f"v{b}"]),
        node("Conv", [f"v{b}", f"k{b}"], [f"d{b}"], pads=[1] * 6, group=4),
        node("Reshape", [f"d{b}", "flat"], [f"e{b}"]),
        node("Transpose", [f"e{b}"], [f"f{b}"], perm=[0, 2, 1]),
        node("Add", [x, f"f{b}"], [f"out{b}"]),
    ], f"out{b}"
