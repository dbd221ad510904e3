"""Small videos, made on the spot with PyAV."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

CODECS = {".webm": "libvpx"}


def flat_pictures(count: int, width: int = 64, height: int = 48, step: int = 4) -> list[np.ndarray]:
    """Grey pictures whose brightness tells their index: ``16 + step * index``."""
    return [np.full((height, width, 3), 16 + step * i, np.uint8) for i in range(count)]


def save_video(path: Path, pictures: Iterable[np.ndarray], codec: str | None = None) -> Path:
    """Encode RGB pictures, uint8 (H, W, 3), in good quality."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec or CODECS.get(path.suffix.lower(), "mpeg4"), rate=24)
        stream.pix_fmt, stream.bit_rate = "yuv420p", 3_000_000
        stream.codec_context.thread_count = 1
        for number, picture in enumerate(pictures):
            if number == 0:
                stream.height, stream.width = picture.shape[:2]
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
            container.mux(stream.encode(frame.reformat(format="yuv420p")))
        container.mux(stream.encode())
    return path


def save_images(folder: Path, pictures: Iterable[np.ndarray], name: str = "frame{}.png", first: int = 1) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    codec, pixels = {"png": ("png", "rgb24"), "bmp": ("bmp", "bgr24")}.get(name[-3:], ("mjpeg", "yuvj420p"))
    for number, picture in enumerate(pictures, first):
        encoder = av.CodecContext.create(codec, "w")
        encoder.height, encoder.width = picture.shape[:2]
        encoder.pix_fmt, encoder.time_base = pixels, Fraction(1, 24)
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24").reformat(format=pixels)
        packets = [*encoder.encode(frame), *encoder.encode(None)]
        (folder / name.format(number)).write_bytes(b"".join(bytes(packet) for packet in packets))
    return folder


def set_display_matrix(path: Path, a: int, b: int, c: int, d: int) -> Path:
    """Write a rotation tag into an MP4/MOV file: the matrix of its only 'tkhd' box."""
    data = bytearray(path.read_bytes())
    at = data.index(b"tkhd") + 4 + 40
    one = 1 << 16
    data[at : at + 36] = struct.pack(">9i", a * one, b * one, 0, c * one, d * one, 0, 0, 0, 1 << 30)
    path.write_bytes(data)
    return path
