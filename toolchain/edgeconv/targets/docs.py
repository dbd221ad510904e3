"""The constraints as Markdown, generated from their docstrings."""

from __future__ import annotations

from edgeconv.targets.constraint import Constraint
from edgeconv.targets.registry import get_target, target_names
from edgeconv.targets.target import Target


def docs_table() -> str:
    """One section per target: what its verdicts mean, every constraint, its sources.

    A target with the same constraints as an earlier one refers to it.
    """
    sections: list[str] = []
    seen: dict[tuple[Constraint, ...], str] = {}
    for target in map(get_target, target_names()):
        sections.append(_section(target, seen.get(target.constraints)))
        seen.setdefault(target.constraints, target.name)
    return "\n\n".join(sections) + "\n"


def _section(target: Target, same_as: str | None) -> str:
    versions = ", ".join(f"{tool} {version}" for tool, version in target.versions.items())
    lines = [f"## {target.title} (`{target.name}`)", "", target.description, "", f"Rules for: {versions}.", ""]
    if same_as:
        lines += [f"Constraints: those of `{same_as}`.", ""]
    else:
        lines += ["| verdict | meaning |", "|---|---|"]
        lines += [f"| {verdict} | {meaning} |" for verdict, meaning in target.consequences.items()]
        lines += ["", "| constraint | ops | else | rule | source |", "|---|---|---|---|---|"]
        lines += [_row(c) for c in target.constraints]
        lines += ["", "Ops the device can take: " + ", ".join(f"`{op}`" for op in sorted(target.ops)) + ".", ""]
    return "\n".join([*lines, "Sources:", "", *(f"- {_link(source)}" for source in target.sources)])


def _row(c: Constraint) -> str:
    ops = ", ".join(sorted(c.ops)) or "all"
    return f"| {c.name} | {ops} | {c.otherwise} | {c.text.replace('|', chr(92) + '|')} | {_link(c.source)} |"


def _link(source: str) -> str:
    return f"<{source}>" if source.startswith("http") else source
