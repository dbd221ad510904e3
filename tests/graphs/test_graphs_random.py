"""Random graphs, three ways: torch eager, 4D ONNX in ONNX Runtime, TFLite in LiteRT (its own kernels and XNNPACK)."""

from __future__ import annotations

from collections import Counter

import pytest
from graphs_generate import generate
from graphs_judge import Verdict, judge
from graphs_ops import VOCABULARY
from graphs_spec import Spec
from graphs_store import keep

CHUNK = 25
CI, NIGHTLY = range(0, 325, CHUNK), range(1_000, 11_400, 4 * CHUNK)
"""Every fortieth graph cannot be exported: 300 and 10,000 are judged."""


def run(seeds: range) -> list[Verdict]:
    """Judge the graphs; the first that fails is reduced and kept under tests/regressions, the others are told."""
    verdicts = {seed: judge(generate(seed)) for seed in seeds}
    failing = {seed: verdict.findings for seed, verdict in verdicts.items() if verdict.findings}
    print(f"seeds {seeds.start}..{seeds.stop - 1}: {len(seeds) - len(failing)} of {len(seeds)} hold")
    kept = [keep(generate(seed), findings[0]) for seed, findings in list(failing.items())[:1]]
    assert (kept, failing) == ([], {})
    return list(verdicts.values())


@pytest.mark.parametrize("first", CI)
def test_random_graphs(first: int) -> None:
    verdicts = run(range(first, first + CHUNK))
    judged = [v for v in verdicts if not v.unexportable]
    assert len(judged) >= 0.8 * CHUNK
    assert all(v.worst.keys() == {"onnx", "tflite", "xnnpack"} for v in judged)
    assert sum(v.layers > 2 for v in judged) >= 0.8 * CHUNK


@pytest.mark.nightly
@pytest.mark.parametrize("first", NIGHTLY)
def test_random_graphs_at_night(first: int) -> None:
    run(range(first, first + NIGHTLY.step))


def test_the_graphs_are_what_they_are_meant_to_be() -> None:
    """Every operator of the vocabulary, 3 to 25 steps, branches, both batch sizes and all layouts, no equal axes."""
    specs = [generate(seed) for seed in range(150)]
    assert {type(step.op).__name__ for spec in specs for step in spec.steps} == VOCABULARY.keys()
    assert {len(spec.steps) for spec in specs} >= set(range(3, 25))
    assert max(len(spec.steps) for spec in specs) <= 25
    assert {spec.clip[0] for spec in specs} == {1, 2}
    assert {spec.layout for spec in specs} == {"NCTHW", "NTCHW", "NTHWC", "?"}
    assert {len(spec.outputs) for spec in specs} == {1, 2, 3}
    assert all(len(set(spec.clip) - {1}) == sum(s > 1 for s in spec.clip) for spec in specs)
    branched = Counter(max(_readers(spec).values()) > 1 for spec in specs)
    assert branched[True] > 100


def _readers(spec: Spec) -> Counter[int]:
    return Counter(i for step in spec.steps for i in step.inputs)


def test_a_seed_means_one_graph_and_json_keeps_it() -> None:
    for seed in range(20):
        spec = generate(seed)
        assert generate(seed) == spec == Spec.loads(spec.dumps())
