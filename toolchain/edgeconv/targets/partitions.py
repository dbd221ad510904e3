"""How a device cuts a model into parts: the partition rules of the targets."""

from __future__ import annotations

from edgeconv.core.report import OpVerdict
from edgeconv.core.summary import ModelSummary
from edgeconv.targets.data import edgetpu, ethosu
from edgeconv.targets.target import Placement


def delegate_partitions(summary: ModelSummary, verdicts: tuple[OpVerdict, ...]) -> Placement:
    """Count the DELEGATE nodes that TFLite's partitioner will make.

    They cannot be told while an op is unknown or unsupported, or when the file has more than one subgraph.
    """
    open_ = any(v.verdict in ("unknown", "unsupported") for v in verdicts)
    if open_ or any("subgraph" in op.attributes for op in summary.ops):
        return Placement(verdicts)
    taken = tuple(v.verdict == "accelerated" for v in verdicts)
    return Placement(verdicts, partitions=count_partitions(summary, taken))


def count_partitions(summary: ModelSummary, taken: tuple[bool, ...]) -> int:
    """TFLite's own rule: gather, epoch by epoch, every ready op of one kind (delegated or not) until none is left.

    The kind of an epoch is that of the first ready op in execution order.
    """
    waiting = {t.name for op in summary.ops for t in op.outputs}
    left = list(range(len(summary.ops)))
    partitions = 0
    while left:
        kind: bool | None = None
        grew = True
        while grew:
            grew = False
            for i in tuple(left):
                op = summary.ops[i]
                ready = not any(t is not None and t.name in waiting for t in op.inputs)
                if ready and kind in (None, taken[i]):
                    kind = taken[i]
                    waiting -= {t.name for t in op.outputs}
                    left.remove(i)
                    grew = True
        if kind is None:  # no op is ready: the file is no ordered graph
            return partitions
        partitions += kind
    return partitions


def edgetpu_cut(summary: ModelSummary, verdicts: tuple[OpVerdict, ...]) -> Placement:
    """The Edge TPU compiler cuts once: the first unmapped op and everything after it run on the CPU.

    Quantizing a float input happens before the mapped part and does not cut. What follows an op of unknown fate shares
    its fate.
    """
    if summary.count(edgetpu.COMPILED_OP):
        return _compiled(verdicts, edgetpu.COMPILED_OP, "the Edge TPU compiler")
    inputs = {t.name for t in summary.inputs}
    placed: list[OpVerdict] = []
    cut: OpVerdict | None = None
    doubt: OpVerdict | None = None
    for op, own in zip(summary.ops, verdicts, strict=True):
        if cut is not None:
            placed.append(_after_cut(cut, own))
            continue
        placed.append(own if doubt is None else _after_doubt(doubt, own))
        if own.verdict == "unknown" and doubt is None:
            doubt = own
        if own.verdict == "cpu" and not (own.op == "QUANTIZE" and {t.name for t in op.inputs if t} <= inputs):
            cut = own
    return Placement(tuple(placed), judged_by="predicted from the file, not compiled")


def _after_cut(cut: OpVerdict, own: OpVerdict) -> OpVerdict:
    if own.verdict == "cpu":
        return own
    reason = f"{cut.op} '{cut.name}' (op {cut.index}) before it is not mapped, so this is not mapped either."
    return own.model_copy(update={"verdict": "cpu", "reasons": (*own.reasons, reason)})


def _after_doubt(doubt: OpVerdict, own: OpVerdict) -> OpVerdict:
    if own.verdict != "accelerated":
        return own
    reason = f"It is mapped only if {doubt.op} '{doubt.name}' (op {doubt.index}) before it is."
    return own.model_copy(update={"verdict": "unknown", "reasons": (reason,)})


def uncut(_: ModelSummary, verdicts: tuple[OpVerdict, ...]) -> Placement:
    """One runtime runs the whole file."""
    return Placement(verdicts)


def documents_only(_: ModelSummary, verdicts: tuple[OpVerdict, ...]) -> Placement:
    """Nobody ran it, so no partition is counted."""
    return Placement(verdicts, judged_by="documents only, nothing was run")


def npu_whole(summary: ModelSummary, verdicts: tuple[OpVerdict, ...]) -> Placement:
    """Vela makes one NPU part of a file whose ops it takes all; how it cuts around others is not predicted."""
    if summary.count(ethosu.COMPILED_OP):
        return _compiled(verdicts, ethosu.COMPILED_OP, "Vela")
    whole = bool(verdicts) and all(v.verdict == "accelerated" for v in verdicts)
    return Placement(verdicts, 1 if whole else None, "predicted from the file, not compiled")


def _compiled(verdicts: tuple[OpVerdict, ...], part: str, compiler: str) -> Placement:
    placed = tuple(
        v.model_copy(update={"verdict": "accelerated", "reasons": ()})
        if v.op == part
        else v.model_copy(
            update={"verdict": "cpu", "reasons": (f"{compiler[0].upper()}{compiler[1:]} left it on the CPU.",)}
        )
        for v in verdicts
    )
    return Placement(placed, sum(v.op == part for v in verdicts), f"{compiler} that made this file")
