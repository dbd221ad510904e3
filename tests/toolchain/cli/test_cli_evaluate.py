"""`edgeconv evaluate`: equal to judging the same files by hand, and wrong use."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from cli_tools import Exported, edgeconv

from edgeconv_models.data.reading import Preprocessing, read_clip


@pytest.fixture(scope="module")
def data(videos: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two of the bundle's eleven classes, two videos each, and their names in a list."""
    folder = tmp_path_factory.mktemp("data")
    for number, video in enumerate(sorted(videos.iterdir())):
        target = folder / f"class_{(3, 8)[number % 2]}"
        target.mkdir(exist_ok=True)
        shutil.copy(video, target)
    (folder.parent / "names.txt").write_text("".join(f"class_{n}\n" for n in range(11)), encoding="utf-8")
    return folder


def by_hand(bundle: Path, data: Path) -> list[tuple[int, int]]:
    """(label, answer) of every video: LiteRT, the manifest's numbers, and nothing of edgeconv's runtimes."""
    from ai_edge_litert.interpreter import Interpreter

    meaning = json.loads((bundle / "manifest.json").read_text())["inputs"][0]
    network = Interpreter(str(bundle / "model_int8.tflite"), num_threads=1)
    network.allocate_tensors()
    given, taken = network.get_input_details()[0], network.get_output_details()[0]
    pairs = []
    for video in sorted(data.rglob("*.mp4")):
        clip = read_clip(video, Preprocessing(frames=8, size=64)).astype(np.float32)
        values = clip - np.array(meaning["pixels"]["mean"], np.float32)
        stepped = np.clip(np.round(values / np.float32(meaning["scale"])) + meaning["zero_point"], -128, 127)
        network.set_tensor(given["index"], stepped.astype(np.int8).reshape(given["shape"]))
        network.invoke()
        pairs.append((int(video.parent.name[6:]), int(network.get_tensor(taken["index"]).argmax())))
    return pairs


def test_it_equals_judging_by_hand(exported: Exported, data: Path) -> None:
    arguments = ("--data", data, "--labels", data.parent / "names.txt", "--json")
    ran = edgeconv("evaluate", exported.bundle, *arguments, "--stage", "onnx", "--stage", "fp32", "--stage", "int8")
    assert (ran.code, ran.err) == (0, "")
    told = json.loads(ran.out)
    onnx, fp32, int8 = told["stages"]
    expected = np.zeros((11, 11), int)
    for label, answer in by_hand(exported.bundle, data):
        expected[label, answer] += 1
    assert int8["confusion"] == expected.tolist()
    assert int8["top1"]["hits"] == int(expected.trace())
    assert int8["top1"]["of"] == 4
    assert onnx["confusion"] == fp32["confusion"]
    assert told["agreement"][0]["same"]["share"] == 1
    assert [c["name"] for c in int8["classes"]] == ["class_3", "class_8"]


def test_words_for_people(exported: Exported, data: Path) -> None:
    ran = edgeconv("evaluate", exported.bundle, "--data", data, "--labels", data.parent / "names.txt", COLUMNS="160")
    assert ran.code == 0, ran.err
    for words in ("bundle fp32", "bundle int8", "agrees with the first", "class_3", "class_8", " ms"):
        assert words in ran.out, ran.out


def test_wrong_use(exported: Exported, data: Path, tmp_path: Path) -> None:
    def refused(*arguments: str | Path) -> str:
        ran = edgeconv("evaluate", *arguments)
        assert (ran.code, ran.out) == (2, ""), ran
        return ran.err

    assert "'class_3' is not among the 11 known ones" in refused(exported.bundle, "--data", data)
    names = tmp_path / "names.txt"
    names.write_text("".join(f"class_{n}\n" for n in range(12)), encoding="utf-8")
    said = refused(exported.bundle, "--data", data, "--labels", names, "--stage", "int8")
    assert "knows 11 classes, but the data has 12" in said
    assert "'no' does not exist" in refused("no", "--data", data)
    assert "checkpoint 'no.pt' does not exist" in refused("no.pt", "--data", data)
    assert "data folder 'no' does not exist" in refused(exported.bundle, "--data", "no")
    bad = tmp_path / "bad" / "class_1"
    bad.mkdir(parents=True)
    (bad / "a.mp4").write_bytes(b"no video")
    names = data.parent / "names.txt"
    assert "a.mp4' cannot be judged" in refused(exported.bundle, "--data", tmp_path / "bad", "--labels", names)
