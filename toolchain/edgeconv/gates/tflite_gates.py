"""Gates of the TFLite files."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping

from edgeconv.core.report import Gate
from edgeconv.core.summary import ModelSummary, OpInfo
from edgeconv.gates.common import at_most, rank_gate, static_gate, transpose_gate
from edgeconv.profiles import TfliteProfile


def gate_tflite(
    file: str, summary: ModelSummary, profile: TfliteProfile, versions: Mapping[str, int], transposes: int = 0
) -> tuple[Gate, ...]:
    """Gates of any TFLite file.

    `versions` are the highest operator versions the profile's runtime registers; `transposes` is how many lowering
    had to leave.
    """
    listed_ones = transposes if profile.listed_transposes else 0
    newer = [f"{o.op} v{o.version}" for o in summary.ops if o.version > versions.get(o.op, 0)]
    three = [f"'{o.name}'" for o in summary.ops if "_3D" in o.op]
    return (
        rank_gate(file, summary, profile.max_rank),
        transpose_gate(file, summary, "TRANSPOSE", profile.max_transposes, listed_ones),
        at_most(f"{file}: 3D operators", len(three), 0, three),
        static_gate(file, summary),
        at_most(f"{file}: operators newer than {profile.op_versions}", len(newer), 0, sorted(set(newer))),
    )


def gate_batch(file: str, summary: ModelSummary) -> Gate:
    """Strip fold: what comes before the three innermost axes is 1 in every computed tensor."""
    computed = {t.name: t for t in (*summary.inputs, *(t for o in summary.ops for t in o.outputs))}
    batches = [f"'{t.name}' {list(t.shape)}" for t in computed.values() if math.prod(t.shape[:-3]) != 1]
    return at_most(f"{file}: tensors with a batch", len(batches), 0, batches)


def gate_int8(
    file: str,
    summary: ModelSummary,
    profile: TfliteProfile,
    partitions: int | None,
    wide: Mapping[str, str] | None = None,
) -> tuple[Gate, ...]:
    """Full int8: integers in every tensor, nothing requantized inside, one delegate partition where asked for.

    Args:
        wide: the computed tensors that a recipe keeps in int16 or float32; no other may be, and none may be missing.
    """
    wide = wide or {}
    allowed = {"int8", "int32"}
    of_wide = {
        t.name for o in summary.ops if wide.keys() & {t.name for t in o.tensors} for t in o.inputs if t and t.constant
    }
    ends = {t.name for t in (*summary.inputs, *summary.outputs)}
    other = [
        f"'{t.name}' {t.dtype}"
        for t in summary.tensors
        if t.dtype not in allowed
        and not (t.name in ends and t.dtype == "uint8")
        and t.dtype != wide.get(t.name)
        and t.name not in of_wide
    ]
    inside = [
        f"'{o.name}'" for o in summary.ops if o.op in ("QUANTIZE", "DEQUANTIZE") and not _at_an_end(o, {*ends, *wide})
    ]
    held = {t.name: t.dtype for t in summary.tensors}
    missing = [f"'{name}' {held.get(name, 'is not there')}" for name, dtype in wide.items() if held.get(name) != dtype]
    but = " but for those of the recipe" if wide else ""
    gates = [
        at_most(f"{file}: tensors that are not int8 or int32{but}", len(other), 0, other),
        at_most(f"{file}: QUANTIZE and DEQUANTIZE inside{but}", len(inside), 0, inside),
        *(
            [at_most(f"{file}: tensors of the recipe that are not in its precision", len(missing), 0, missing)]
            if wide
            else []
        ),
        Gate(
            name=f"{file}: input and output type",
            passed=all(t.dtype == profile.input_dtype for t in summary.inputs)
            and all(t.dtype == profile.output_dtype for t in summary.outputs),
            measured=", ".join(t.dtype for t in (*summary.inputs, *summary.outputs)),
            required=f"{profile.input_dtype} in, {profile.output_dtype} out",
        ),
    ]
    if profile.max_xnnpack_partitions is not None and partitions is not None:
        gates.append(_partitions(file, summary, profile.max_xnnpack_partitions, partitions, wide))
    return tuple(gates)


NO_DELEGATE_FORM = frozenset({
    "ABS", "BATCH_MATMUL", "ELU", "EXP", "GELU", "LOG_SOFTMAX", "REDUCE_PROD", "RSQRT", "SOFTMAX",
})  # fmt: skip
"""int8 operators that XNNPACK does not take and that no operator that it takes can stand for: norms and attention."""


def _partitions(file: str, summary: ModelSummary, limit: int, measured: int, wide: Mapping[str, str]) -> Gate:
    """Each operator that no delegate form exists for may cut the graph once; nothing else may."""
    forced = Counter(o.op for o in summary.ops if o.op in NO_DELEGATE_FORM)
    if int16 := sum(any(wide.get(t.name) == "int16" for t in o.tensors) for o in summary.ops):
        forced["operator in int16"] = int16
    most = limit + sum(forced.values())
    named = ", ".join(f"{n} {op}" for op, n in sorted(forced.items()))
    return Gate(
        name=f"{file}: XNNPACK partitions in LiteRT",
        passed=1 <= measured <= most,
        measured=str(measured),
        required=(f"1 to {most}" if most > 1 else "1") + (f" ({limit}, and one for each of {named})" if named else ""),
        detail=f"XNNPACK takes none of {', '.join(sorted(forced))}" if named else "",
    )


def _at_an_end(op: OpInfo, ends: set[str]) -> bool:
    return bool({t.name for t in op.tensors} & ends)
