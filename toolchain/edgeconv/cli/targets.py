"""`edgeconv targets`: the devices that can be checked."""

from __future__ import annotations

from edgeconv.cli.output import Json, print_json, stdout


def targets(json: Json = False) -> None:
    """List the devices whose operator coverage can be checked."""
    from edgeconv.targets import get_target, target_names

    found = [get_target(name) for name in target_names()]
    if json:
        print_json(
            {
                "targets": [
                    {
                        "name": t.name,
                        "title": t.title,
                        "description": t.description,
                        "versions": dict(t.versions),
                        "formats": list(t.formats),
                        "editions": [edition.name for edition in t.editions.values()],
                        "verdicts": dict(t.consequences),
                        "ops": sorted(t.ops),
                        "constraints": [
                            {"name": c.name, "text": c.text, "otherwise": c.otherwise, "source": c.source}
                            for c in t.constraints
                        ],
                        "sources": list(t.sources),
                    }
                    for t in found
                ]
            }
        )
        return
    from edgeconv.cli.listing import print_entries

    print_entries(
        stdout(),
        [
            (
                t.name,
                f"{t.title}. {t.description}",
                f"{len(t.constraints)} constraints · " + ", ".join(f"{n} {v}" for n, v in t.versions.items()),
            )
            for t in found
        ],
        "All constraints in words: edgeconv targets --json",
    )
