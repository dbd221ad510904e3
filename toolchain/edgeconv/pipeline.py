"""The road: source → lower → simplify → convert → calibrate → quantize → split → check → compile → verify → bundle.

Only this module knows the order. :func:`export` reads top to bottom; the steps call the stations.
"""

from __future__ import annotations

from edgeconv import bundle, sources
from edgeconv.core.progress import Progress, Silent, Stopwatch
from edgeconv.steps.compiling import compile_for_device
from edgeconv.steps.deliver import deliver, label
from edgeconv.steps.layers import compare_stages
from edgeconv.steps.matrix import run_matrices
from edgeconv.steps.model import convert, lower, simplify
from edgeconv.steps.proof import check, drift, verify
from edgeconv.steps.quantizing import calibrate, quantize
from edgeconv.steps.recipe import advise, check_recipe, choose_recipe
from edgeconv.steps.reporting import make_report
from edgeconv.steps.source import describe, prepare, read_clips
from edgeconv.steps.splitting import split
from edgeconv.steps.state import ExportRequest, ExportResult, Road

__all__ = ["ExportRequest", "ExportResult", "export"]


def export(request: ExportRequest, progress: Progress | None = None) -> ExportResult:
    """Run the whole road and write the bundle.

    The bundle is written also when a gate fails, so that its report can be read; the caller decides by
    ``result.report.passed``. Nothing is written when a station refuses.

    Raises:
        EdgeconvError: with every reason the refusing station knows.
    """
    check_recipe(request.profile)
    watch = Stopwatch(progress or Silent())
    with bundle.StagedFolder(request.out) as staged:
        road = Road(request, staged, watch)
        with sources.open_source(request.spec, request.profile.threads) as session:
            described = describe(road, session)
            clips = read_clips(road, described)
            prepared = prepare(road, session, described)
        lowering, onnx = lower(road, described)
        label(road, onnx)
        simplify(road, onnx)
        converted = convert(road, described)
        lite = converted.delivered
        calibrated = calibrate(road, converted, described, clips[0])
        recipe = choose_recipe(road, converted, calibrated)
        quantized = quantize(road, converted, calibrated, recipe.wide)
        split(road, converted, quantized)
        coverage, compilations = compile_for_device(road, check(road))
        parity = verify(road, prepared, clips[1], described, onnx, lite)
        run_matrices(road, parity, onnx, lite)
        drifted = drift(road, lite)
        layers, places = compare_stages(road, onnx, converted, drifted)
        advised = advise(road, converted, calibrated, recipe)
        report = make_report(
            road,
            described,
            prepared,
            clips,
            lowering,
            parity,
            (drifted, layers),
            coverage,
            compilations,
            quantized.ends,
            advised,
        )
        deliver(road, report, parity, clips, described, lite, places)
        staged.commit()
    return ExportResult(report, tuple(watch.timings), request.out)
