"""Which tensors calibration must look at, and the ranges of the rest."""

from __future__ import annotations

from edgeconv.tflite import Graph, Op, Tensor, complete_ranges, measured_tensors


def _graph() -> Graph:
    graph = Graph(inputs=["x"], outputs=["out"])
    for name in ("x", "y", "view", "pool", "both", "out"):
        graph.add(Tensor(name, (1, 4, 6, 2)))
    graph.ops = [
        Op("CONV_2D", ("x", "", ""), ("y",)),
        Op("RESHAPE", ("y", ""), ("view",)),
        Op("MAX_POOL_2D", ("view",), ("pool",)),
        Op("CONCATENATION", ("pool", "y"), ("both",)),
        Op("RESHAPE", ("both", ""), ("out",)),
    ]
    return graph


def test_views_and_concatenations_follow_but_pools_and_outputs_are_looked_at() -> None:
    assert measured_tensors(_graph()) == ("x", "y", "pool", "out")


def test_ranges_of_the_rest_are_unions_of_their_inputs() -> None:
    known = {"x": (-1.0, 1.0), "y": (-2.0, 3.0), "pool": (-0.5, 4.0), "out": (-9.0, 9.0)}
    full = complete_ranges(_graph(), known)
    assert full == {**known, "view": (-2.0, 3.0), "both": (-2.0, 4.0)}
