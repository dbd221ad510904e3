"""The whole network and its parts side by side: in the words that all renderings share, and as part of report.md."""

from __future__ import annotations

from edgeconv.core.report import Split, SplitPart
from edgeconv.report import format as fmt
from edgeconv.report.markup import escape, table

HEAD = ("File", "Takes", "Size", "Ops", "Compute", "Largest tensor")
ALIGN = "llrrrr"


def row(part: SplitPart) -> tuple[str, ...]:
    """One cell per column of HEAD."""
    return part.file, part.takes, fmt.size(part.bytes), str(part.ops), fmt.macs(part.macs), fmt.size(part.largest)


def sentence(split: Split) -> str:
    """What it is good for, in numbers."""
    again = split.backbone.macs + split.head.macs
    less = f", {fmt.share(1 - again / split.whole.macs)} less than the whole clip" if split.whole.macs > again else ""
    return (
        f"Cut at '{split.cut}'. A new frame costs one pass of {split.backbone.file} ({fmt.macs(split.backbone.macs)}), "
        f"an answer one of {split.head.file} more ({fmt.macs(split.head.macs)}): {fmt.macs(again)} in all{less}."
    )


def split_block(split: Split) -> str:
    """Markdown."""
    rows = (tuple(map(escape, row(part))) for part in split.parts)
    return "\n\n".join(("### Split", escape(sentence(split)), table(HEAD, rows, ALIGN)))
