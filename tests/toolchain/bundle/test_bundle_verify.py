"""Every way to spoil a bundle is found and named, and nothing outside of it is touched."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from bundle_cases import FILES, write_bundle

from edgeconv.bundle import inspect_bundle, write_sealed
from edgeconv.core.errors import UsageError

TENSOR = {"tensor": "t", "dtype": "int8", "shape": [1, 8], "scale": 0.1, "zero_point": 0}
SPLIT = {
    "backbone": "model_int8.tflite",
    "head": "../head_int8.tflite",
    "frames": 16,
    **dict.fromkeys(("frame", "features", "stacked"), TENSOR),
}
ALL = (*FILES, "manifest.json", "timings.json")


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    return write_bundle(tmp_path / "bundle")


def findings(bundle: Path) -> list[str]:
    return [str(finding) for finding in inspect_bundle(bundle).findings]


def reseal(bundle: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """As somebody would who wants it to hold together."""
    document = json.loads((bundle / "manifest.json").read_text(encoding="utf-8"))
    change(document)
    write_sealed(bundle / "manifest.json", document)


def test_a_whole_bundle_has_no_findings(bundle: Path) -> None:
    inspected = inspect_bundle(bundle)
    assert inspected.findings == ()
    assert inspected.files == len(ALL)
    assert inspected.manifest is not None
    assert inspected.manifest.source == "eco-lite-4d-add"


@pytest.mark.parametrize("name", ALL)
def test_every_flipped_byte_is_found(bundle: Path, name: str) -> None:
    """All bytes of all files, one bit each."""
    whole = (bundle / name).read_bytes()
    for place in range(len(whole)):
        spoilt = bytearray(whole)
        spoilt[place] ^= 1 << place % 8
        (bundle / name).write_bytes(bytes(spoilt))
        (told,) = findings(bundle)
        assert told.startswith(f"{name}: ")


@pytest.mark.parametrize("name", ALL)
def test_every_cut_grown_or_missing_file_is_found(bundle: Path, name: str) -> None:
    whole = (bundle / name).read_bytes()
    for spoilt in (whole + b"\0", whole[:-1], b""):
        if spoilt != whole:
            (bundle / name).write_bytes(spoilt)
            (told,) = findings(bundle)
            assert told.startswith(f"{name}: ")
    (bundle / name).unlink()
    if name == "manifest.json":
        with pytest.raises(UsageError, match=r"holds no manifest\.json"):
            inspect_bundle(bundle)
    else:
        assert findings(bundle) == [f"{name}: is missing"]


def test_an_extra_file_is_found_wherever_it_lies(bundle: Path) -> None:
    for name in (".hidden2", "golden/deeper/extra.npy", "new/model.tflite", "golden/timings.json"):
        (bundle / name).parent.mkdir(exist_ok=True)
        (bundle / name).touch()
        assert findings(bundle) == [f"{name}: is not in the manifest"]
        (bundle / name).unlink()


def test_two_files_that_changed_places_are_both_found(bundle: Path) -> None:
    (bundle / "model.onnx").rename(bundle / "kept")
    (bundle / "report.json").rename(bundle / "model.onnx")
    (bundle / "kept").rename(bundle / "report.json")
    assert [told.partition(":")[0] for told in findings(bundle)] == ["model.onnx", "report.json"]


def test_links_are_findings_and_never_followed(bundle: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "onnx").write_bytes(FILES["model.onnx"])
    (bundle / "model.onnx").unlink()
    (bundle / "model.onnx").symlink_to(outside / "onnx")
    (bundle / "loop").symlink_to(bundle)
    told = findings(bundle)
    assert set(told) == {
        "loop: is a link, which may lead outside",
        "model.onnx: is a link, which may lead outside",
        "model.onnx: is missing",
    }
    (bundle / "manifest.json").rename(outside / "manifest.json")
    (bundle / "manifest.json").symlink_to(outside / "manifest.json")
    assert "manifest.json: is a link, which may lead outside" in findings(bundle)


def test_what_is_no_file_is_a_finding_and_is_not_opened(bundle: Path) -> None:
    (bundle / "labels.txt").unlink()
    os.mkfifo(bundle / "labels.txt")
    assert set(findings(bundle)) == {"labels.txt: is no regular file", "labels.txt: is missing"}
    (bundle / "manifest.json").unlink()
    (bundle / "manifest.json").mkdir()
    assert "manifest.json: is no file of this folder" in findings(bundle)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("/etc/passwd", "an absolute path"),
        ("C:/windows", "an absolute path"),
        ("golden\\input_0.npy", "an absolute path"),
        ("../secret", "leads out of the bundle"),
        ("golden/../../secret", "leads out of the bundle"),
        ("golden/./input_0.npy", "no plain name"),
        ("golden//input_0.npy", "no plain name"),
        ("", "no plain name"),
        ("line\nbreak", "no plain name"),
        ("manifest.json", "sealed by itself"),
        ("timings.json", "sealed by itself"),
    ],
)
def test_names_that_lead_elsewhere_are_refused(bundle: Path, tmp_path: Path, name: str, words: str) -> None:
    (tmp_path / "secret").write_bytes(FILES["model.onnx"])
    reseal(bundle, lambda m: m["files"].update({name: m["files"]["model.onnx"]}))
    assert any(words in told for told in findings(bundle))


def test_only_timings_may_go_unsigned(bundle: Path) -> None:
    (bundle / "extra.sh").touch()
    reseal(bundle, lambda m: m["volatile"].append("extra.sh"))
    assert findings(bundle) == [
        "manifest.json: leaves 'extra.sh' unsigned; only timings.json may be",
        "extra.sh: is not in the manifest",
    ]


def test_huge_sizes_are_told_and_not_read(bundle: Path) -> None:
    """A terabyte of nothing would take hours to hash."""
    with (bundle / "report.json").open("r+b") as file:
        file.truncate(1 << 40)
    assert findings(bundle) == [f"report.json: has {1 << 40} bytes, the manifest says 2"]
    reseal(bundle, lambda m: m["files"]["model.onnx"].update(bytes=10**30))
    assert f"model.onnx: has 4 bytes, the manifest says {10**30}" in findings(bundle)
    with (bundle / "manifest.json").open("r+b") as file:
        file.truncate(1 << 40)
    assert "at most 16777216 are read" in findings(bundle)[-1]


def _update(name: str, change: dict[str, Any], manifest: dict[str, Any]) -> None:
    manifest["files"][name].update(change)


def test_sizes_and_digests_that_cannot_be(bundle: Path) -> None:
    for change in ({"bytes": -1}, {"sha256": "0" * 63}, {"sha256": "X" * 64}):
        reseal(bundle, partial(_update, "labels.txt", change))
        assert "manifest.json: has no possible size and SHA-256 for 'labels.txt'" in findings(bundle)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is not JSON"),
        ("{", "is not JSON"),
        ("[1]", "is not a JSON object"),
        ("{}", "has no seal"),
        ('{"seal": "x"}', "its seal is broken"),
        ('{"a": 1, "a": 2}', "has the key 'a' twice"),
        ('{"a": {"b": 1, "b": 1}}', "has the key 'b' twice"),
        ('{"a": NaN}', "holds NaN"),
        ('{"seal": 1e999}', "its seal is broken"),
        ('{"seal": "\\ud800", "b": "\\ud800"}', "is not JSON"),
        ("[" * 100_000, "is nested too deeply"),
        ('{"a": ' + "9" * 5000 + "}", "is not JSON"),
    ],
)
def test_a_manifest_that_cannot_be_read(bundle: Path, text: str, words: str) -> None:
    (bundle / "manifest.json").write_text(text, encoding="utf-8")
    inspected = inspect_bundle(bundle)
    assert inspected.manifest is None
    assert words in inspected.findings[-1].what


def test_a_manifest_of_another_schema_is_told_field_by_field(bundle: Path) -> None:
    def spoil(manifest: dict[str, Any]) -> None:
        del manifest["source"]
        manifest["format_version"] = 4
        manifest["inputs"][0]["scale"] = "much"
        manifest["more"] = 1

    reseal(bundle, spoil)
    told = " ".join(findings(bundle))
    for place in ("source", "format_version", "inputs.0.scale", "more"):
        assert re.search(rf"manifest.json: {re.escape(place)}: ", told)


def test_files_that_are_used_must_be_listed(bundle: Path) -> None:
    reseal(bundle, lambda m: m.update(labels="names.txt"))
    assert findings(bundle) == ["manifest.json: uses 'names.txt', which is not among its files"]
    reseal(bundle, lambda m: m.update(labels="labels.txt", split=SPLIT))
    assert findings(bundle) == [f"manifest.json: uses '{SPLIT['head']}', which is not among its files"]
    reseal(bundle, lambda m: m["golden"][0].update(inputs=[]))
    assert any("has not one file per input and output" in told for told in findings(bundle))


def test_bytes_that_are_not_utf8(bundle: Path) -> None:
    (bundle / "manifest.json").write_bytes(b'{"source": "\xff"}')
    assert findings(bundle) == ["manifest.json: is not UTF-8: byte 12"]
    (bundle / os.fsdecode(b"bad\xff")).touch()
    assert any("is not UTF-8" in told for told in findings(bundle))


@pytest.mark.parametrize("state", ["absent", "file", "empty"])
def test_no_bundle_is_wrong_use(tmp_path: Path, state: str) -> None:
    place = tmp_path / "place"
    if state == "file":
        place.touch()
    elif state == "empty":
        place.mkdir()
    with pytest.raises(UsageError, match=r"does not exist|is a file|holds no manifest"):
        inspect_bundle(place)
