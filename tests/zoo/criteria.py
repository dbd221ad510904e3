"""What must hold of each family; what does not is told in words."""

from __future__ import annotations

import re

from zoo.catalog import Family, Network
from zoo.findings import Emitted, Finding, Lowered, Quantized

EXACT = 1e-5
"""Of the output's scale, float32: what summing in another order may change."""
AGREES = 0.97
"""Cosine of int8 against float on held-out clips: not a promise of accuracy, but a broken scale shows far below."""
EXCUSED = ("InstanceNormalization", "GroupNormalization", "LayerNormalization", "output ")
"""A transpose may remain where a norm or the user's own output layout needs one; it is listed."""


def failures(wanted: Network, finding: Finding) -> tuple[str, ...]:
    """Every criterion that does not hold, in words; empty when all hold."""
    found = [f"a stage died: {d}" for d in finding.died]
    if finding.lowered is None:
        return (*found, "it was not lowered")
    found += _lowered(finding.lowered, strict=wanted.family is not Family.TRANSFORMER)
    if wanted.family is Family.TRANSFORMER:
        if finding.emitted and not finding.emitted.refused and finding.emitted.relative > 10 * EXACT:
            found.append(f"the float TFLite differs by {finding.emitted.relative:.1e}")
        return tuple(found)
    found += _emitted(finding.emitted) if finding.emitted else ["no float TFLite"]
    found += _quantized(finding.quantized, finding.emitted) if finding.quantized else ["no int8 TFLite"]
    return tuple(found)


def cause_of(transpose: str) -> str:
    """The operator in "Op 'tensor': blocks", without the tensor."""
    return re.sub(r" '[^']*'|:.*", "", transpose)


def unexcused(transposes: tuple[str, ...]) -> list[str]:
    return [t for t in transposes if not t.startswith(EXCUSED)]


def _lowered(lowered: Lowered, strict: bool) -> list[str]:
    if lowered.refused:
        return [f"refused: {r}" for r in lowered.refused]
    found = [f"4D ONNX: {c} differs by itself" for c in lowered.culprits]
    if lowered.relative > EXACT:
        found.append(f"4D ONNX: an output differs by {lowered.relative:.1e}")
    if lowered.max_rank > 4:
        found.append(f"4D ONNX: rank {lowered.max_rank}")
    if strict:
        found += [f"4D ONNX: a Transpose for {t}" for t in unexcused(lowered.transposes)]
    return found


def _emitted(emitted: Emitted) -> list[str]:
    if emitted.refused:
        return [f"float TFLite: {r}" for r in emitted.refused]
    found = [f"float TFLite: a TRANSPOSE for {t}" for t in unexcused(emitted.transposes)]
    if emitted.relative > 10 * EXACT:
        found.append(f"float TFLite: an output differs by {emitted.relative:.1e}")
    if emitted.in_file > len(emitted.transposes):
        found.append(f"float TFLite: {emitted.in_file} TRANSPOSE in the file, {len(emitted.transposes)} explained")
    return found


def _quantized(quantized: Quantized, emitted: Emitted | None) -> list[str]:
    if quantized.refused:
        return [f"int8 TFLite: {r}" for r in quantized.refused]
    found = [f"int8 TFLite: {quantized.floats} float tensors"] if quantized.floats else []
    if emitted and quantized.transposes > len(emitted.transposes):
        found.append(f"int8 TFLite: {quantized.transposes} TRANSPOSE, {len(emitted.transposes)} explained")
    if not quantized.cosine > AGREES:
        found.append(f"int8 TFLite: cosine {quantized.cosine:.3f}")
    return found
