"""`edgeconv verify`: whether a bundle is whole, and whether it still computes what it did."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from edgeconv.cli.layers import layers_dict, print_layers
from edgeconv.cli.output import Json, print_json, stdout
from edgeconv.core.errors import EdgeconvError, ExitCode

if TYPE_CHECKING:
    from rich.console import Console

    from edgeconv.bundle import Inspected
    from edgeconv.layers_road import BundleLayers
    from edgeconv.runner import RuntimeRun


def verify(
    bundle: Annotated[Path, typer.Argument(help="A folder that 'export' has written.", metavar="BUNDLE")],
    run: Annotated[bool, typer.Option("--run/--no-run", help="Run the golden vectors in every runtime here.")] = True,
    runtime: Annotated[
        list[str] | None,
        typer.Option("--runtime", help="tflite-runtime, litert or tensorflow; may be repeated.", metavar="NAME"),
    ] = None,
    layers: Annotated[
        bool,
        typer.Option("--layers", help="Compare model.onnx, fp32 and int8 TFLite layer by layer on the golden clips."),
    ] = False,
    threads: Annotated[int, typer.Option("--threads", min=1, help="Of each runtime.")] = 2,
    json: Json = False,
) -> None:
    """Check every file of a bundle against its manifest, and run its golden vectors in the runtimes installed here."""
    from edgeconv.bundle import inspect_bundle
    from edgeconv.runner import choose_runtimes

    chosen = choose_runtimes(tuple(runtime or ()))
    inspected = inspect_bundle(bundle)
    findings = [str(finding) for finding in inspected.findings]
    runs: list[RuntimeRun] = []
    why_not = "" if run else "not asked for (--no-run)"
    if findings:
        why_not = "the bundle is not what its manifest says"
    elif run and inspected.manifest and not inspected.manifest.golden:
        why_not = "the bundle holds none"
    elif run and not chosen:
        why_not = "no TFLite runtime is installed"
    if not why_not:
        runs, told = _run_all(bundle, chosen, threads)
        findings += told
    compared = _compare(bundle, inspected, threads) if layers else None
    if compared:
        findings += compared.findings
    if json:
        print_json(_document(bundle, inspected, findings, runs, why_not, compared))
    else:
        _print(stdout(), bundle, inspected, findings, runs, why_not, compared)
    if findings:
        raise typer.Exit(int(ExitCode.GATE))


def _run_all(bundle: Path, runtimes: tuple[str, ...], threads: int) -> tuple[list[RuntimeRun], list[str]]:
    """What each runtime answered, and what is wrong with it; a runtime that crashes is a finding."""
    from edgeconv.runner import try_golden

    runs, findings = [], []
    for name in runtimes:
        try:
            runs.append(made := try_golden(bundle, name, threads).value)
        except EdgeconvError as error:
            findings.append("; ".join((f"golden vectors in {name}: {error.message}", *error.reasons)))
            continue
        findings += [f"{made.runtime}: {finding}" for finding in made.findings]
    return runs, findings


def _compare(bundle: Path, inspected: Inspected, threads: int) -> BundleLayers | None:
    """Nothing is run of a bundle with a finding."""
    from edgeconv.layers_road import compare_bundle

    if inspected.findings or inspected.manifest is None:
        return None
    return compare_bundle(bundle, inspected.manifest, threads)


def _document(
    bundle: Path,
    inspected: Inspected,
    findings: list[str],
    runs: list[RuntimeRun],
    why_not: str,
    compared: BundleLayers | None,
) -> dict[str, Any]:
    return {
        "bundle": str(bundle),
        "passed": not findings,
        "files": inspected.files,
        "findings": findings,
        "golden_not_run": why_not,
        "runtimes": [made.model_dump(mode="json") for made in runs],
        "layers": layers_dict(compared) if compared else None,
    }


def _print(
    console: Console,
    bundle: Path,
    inspected: Inspected,
    findings: list[str],
    runs: list[RuntimeRun],
    why_not: str,
    compared: BundleLayers | None,
) -> None:
    from rich.text import Text

    def line(*parts: str | tuple[str, str]) -> None:
        console.print(Text.assemble(*parts), soft_wrap=True)

    if made := inspected.manifest:
        line(f"{made.source} for {made.target}, edgeconv {made.provenance.edgeconv}; {inspected.files} files")
        if not made.passed:
            line(("note ", "yellow"), "not all gates held at export: see report.md")
    for run in runs:
        worst = max(run.golden, key=lambda g: g.largest_difference, default=None)
        if worst is not None:
            apart = f"up to {worst.largest_difference} steps apart" if worst.different else "equal, bit for bit"
            line(f"golden vectors in {run.runtime}: {len(run.golden)}, {apart}")
    if why_not:
        line(("note ", "yellow"), f"golden vectors were not run: {why_not}")
    if compared:
        print_layers(compared, console)
    for finding in findings:
        line(("finding ", "red"), finding)
    line(("✗ FAILED", "bold red") if findings else ("✓ PASSED", "bold green"), f"  {bundle}")
