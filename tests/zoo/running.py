"""One network through all stages, each in a child of its own: what it needs of memory ends with it."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel

from edgeconv.core.child import ChildDied, call_once
from edgeconv.core.errors import EdgeconvError
from zoo.catalog import Family, Network
from zoo.findings import Converted, Exported, Finding, Job, Lowered

HERE = Path(__file__).resolve().parent
TIMEOUT = 1200.0
Response = TypeVar("Response", bound=BaseModel)


def examine(wanted: Network, cache: Path, threads: int = 1) -> Finding:
    """All stages that can be reached; the export is taken from the cache while the factories stay as they are."""
    job = _job(wanted, cache, threads)
    finding = Finding(name=wanted.name)
    died: list[str] = []

    def stage(function: str, response: type[Response]) -> Response | None:
        """One stage; how it died is a finding, and the other stages still run."""
        try:
            return call_once(function, f"zoo.{function}", job, response, TIMEOUT, threads).value
        except (ChildDied, EdgeconvError) as error:
            died.append(" ".join((error.message, *error.reasons)))
            return None

    finding.exported = _kept(job) or stage("exporting:run", Exported)
    if finding.exported is not None:
        _keep(job, finding.exported)
        finding.lowered = stage("lowering4d:run", Lowered)
        converted = stage("emitting:run", Converted)
        finding.emitted = converted and converted.emitted
        finding.quantized = converted and converted.quantized
    finding.died = tuple(died)
    (Path(job.folder) / "finding.json").write_text(finding.model_dump_json(indent=2), encoding="utf-8")
    return finding


def prepared(wanted: Network, cache: Path, threads: int = 2) -> Job:
    """The network exported into the cache, and no more.

    Raises:
        ChildDied: no exporter can.
    """
    job = _job(wanted, cache, threads)
    if _kept(job) is None:
        _keep(job, call_once("export", "zoo.exporting:run", job, Exported, TIMEOUT, threads).value)
    return job


def _job(wanted: Network, cache: Path, threads: int) -> Job:
    folder = cache / wanted.name
    folder.mkdir(parents=True, exist_ok=True)
    _let_children_import()
    int8 = wanted.family is not Family.TRANSFORMER
    return Job(name=wanted.name, folder=str(folder), shapes=wanted.shapes, threads=threads, int8=int8)


def _kept(job: Job) -> Exported | None:
    """An earlier export, while the code that makes it is the same."""
    kept, stamp = Path(job.folder) / "exported.json", Path(job.folder) / "stamp"
    if not kept.is_file() or not stamp.is_file() or stamp.read_text() != _fingerprint(job):
        return None
    return Exported.model_validate_json(kept.read_text(encoding="utf-8"))


def _keep(job: Job, made: Exported) -> None:
    (Path(job.folder) / "exported.json").write_text(made.model_dump_json(indent=2), encoding="utf-8")
    (Path(job.folder) / "stamp").write_text(_fingerprint(job))


def _fingerprint(job: Job) -> str:
    """Of the code that makes the exported file."""
    sources = sorted((*HERE.glob("*_nets.py"), HERE / "weights.py", HERE / "exporting.py", HERE / "catalog.py"))
    digest = hashlib.sha256(job.model_dump_json(exclude={"folder", "threads", "int8"}).encode())
    for source in sources:
        digest.update(source.read_bytes())
    return digest.hexdigest()


def _let_children_import() -> None:
    """Children start as `python -m edgeconv.core.child`; they find the zoo beside the tests."""
    roots = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    if str(HERE.parent) not in roots:
        os.environ["PYTHONPATH"] = os.pathsep.join([str(HERE.parent), *filter(None, roots)])
