"""`check --markdown`: totals side by side, parts in file order, every op with what was measured."""

from __future__ import annotations

from edgeconv.core.report import Coverage, OpVerdict, Verdict
from edgeconv.report import render_check, view


def op(index: int, kind: str, verdict: Verdict, *reasons: str, size: int = 1000, macs: int = 0) -> OpVerdict:
    return OpVerdict(
        index=index, op=kind, name=f"a|b_{index}", verdict=verdict, reasons=reasons, inputs=("int8 [1, 8]",),
        outputs=("int8 [1, 4]",), bytes=size, macs=macs,
    )  # fmt: skip


def coverage(target: str, *ops: OpVerdict, partitions: int | None = None) -> Coverage:
    return Coverage(
        target=target, summary="As it is.", judged_by="predicted", ops=ops, partitions=partitions, advice=("Do this.",)
    )


FIRST = coverage(
    "first",
    op(0, "CONV_2D", "accelerated", macs=300, size=2000),
    op(1, "SOFTMAX", "cpu", "Too wide. Here: 9."),
    op(2, "SOFTMAX", "cpu", "Too wide. Here: 11."),
    op(3, "CONV_2D", "accelerated", macs=100),
    partitions=2,
)
SECOND = coverage("second", *(op(i, "ADD", "unknown", "Nobody tried.") for i in range(4)))


def test_two_targets_side_by_side() -> None:
    page = render_check("m.tflite", [FIRST, SECOND], {"first": FIRST.ops[1:3], "second": ()})
    assert page.startswith("## ✗ FAILED: m.tflite: 2 ops held back on first\n")
    assert "|  | first | second |" in page
    assert "| accelerated | 2 ops, 100 %, 3.00 kB | – |" in page
    assert "| unknown | – | 4 ops, 100 %, 4.00 kB |" in page
    assert "| partitions | 2 | – |" in page


def test_one_target_needs_no_comparison() -> None:
    page = render_check("m.tflite", [FIRST], {"first": ()})
    assert page.startswith("## ✓ PASSED: m.tflite on first\n")
    assert "| partitions |" not in page
    assert "- **Advice:** Do this." in page


def test_every_op_has_its_row() -> None:
    page = render_check("m.tflite", [FIRST], {"first": ()})
    assert (
        "| 1 | SOFTMAX | a\\|b_1 | on the CPU | Too wide. Here: 9. | int8 \\[1, 8\\] | int8 \\[1, 4\\] | 1.00 kB | – |"
    ) in page
    assert page.count("| SOFTMAX |") == 2


def test_parts_in_file_order() -> None:
    runs = view.coverage_view(FIRST).runs
    assert [r.words for r in runs] == ["0: accelerated", "1–2: on the CPU (2 SOFTMAX)", "3: accelerated"]
    assert "In file order: 0: accelerated; 1–2: on the CPU (2 SOFTMAX); 3: accelerated." in render_check(
        "m", [FIRST], {"first": ()}
    )
    many = coverage("t", *(op(i, "ADD", "cpu" if i % 2 else "accelerated") for i in range(30)))
    assert "; and 6 more runs." in render_check("m", [many], {"t": ()})


def test_bytes_by_verdict() -> None:
    assert [(p.verdict, p.bytes) for p in view.coverage_view(FIRST).parts] == [("accelerated", 3000), ("cpu", 2000)]
