"""Pictures made to fill the memory: one is decoded at a time, and never more of it than it takes to judge it."""

import asyncio
import struct
import zlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from PIL.ExifTags import Base as Tag

from domain.errors import InvalidInput
from gateways.apart.processes import Apart
from gateways.images import MAXIMUM_MEMORY, MAXIMUM_SIDE, measure
from gateways.pictures import measured
from tests.gateways.apart_work import peak
from tests.patience import PICTURES_WITH_PATIENCE

BESIDE = 15_000_000
"""Bytes beside those of the picture: three small files, the rows of a decoder, a thread."""

Said = str | list[Any]


def measured_thrice(content: bytes, small: bytes) -> tuple[int, list[Said]]:
    """Measure a picture three times at once, and return how many bytes its process took for them, and what is said of each."""
    said: list[Said] = []

    async def one(pictures: Apart, asker: str) -> None:
        try:
            image = await measured(pictures, content, asker)
            said.append([image.width_px, image.height_px, image.colour, image.background])
        except InvalidInput as error:
            said.append(error.code)

    async def three() -> int:
        pictures = Apart("pictures", PICTURES_WITH_PATIENCE)
        await measured(pictures, small, "one")
        start = await pictures.call(peak)
        await asyncio.gather(*(one(pictures, asker) for asker in ("one", "two", "three")))
        taken = await pictures.call(peak) - start
        await pictures.close()
        return taken

    return asyncio.run(three()), said


def saved(picture: Image.Image, format: str = "JPEG", **options: Any) -> bytes:  # noqa: A002
    file = BytesIO()
    picture.save(file, format, **options)
    return file.getvalue()


def plain(mode: str, width: int = 6300, height: int = 6300) -> Image.Image:
    return Image.new(mode, (width, height), "white" if mode != "I;16" else 65535)


def png(width: int, height: int, colours: int, *chunks: tuple[bytes, bytes]) -> bytes:
    """Write a PNG by hand, so that it can claim what no library would write."""
    header = struct.pack(">IIBBBBB", width, height, 8, colours, 0, 0, 0)
    parts = [b"\x89PNG\r\n\x1a\n"]
    for name, content in ((b"IHDR", header), *chunks, (b"IEND", b"")):
        parts.append(struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content)))
    return b"".join(parts)


def with_notes() -> bytes:
    """Return the JPEG of a telephone: with EXIF, the small picture in it and a colour profile."""
    exif = Image.Exif()
    exif[Tag.Orientation] = 6
    small = saved(plain("RGB", 160, 120))
    return saved(plain("RGB", 6300, 6000), exif=exif.tobytes() + small, icc_profile=b"profile" * 50_000)


def in_scans_of_one_component() -> bytes:
    """Return the start of a JPEG whose components follow each other: libjpeg keeps all until the last one."""
    content = saved(plain("RGB"), subsampling=0)
    scan = content.index(b"\xff\xda")
    return content[:scan] + b"\xff\xda\0\x08\x01\x01\0\0\x3f\0" + content[scan + 14 :]


def with_texts() -> bytes:
    """Return a small PNG whose texts unpack to 60 MB."""
    text = b"comment\0\0" + zlib.compress(b"a" * 1_000_000, 9)
    return png(1, 1, 2, *[(b"zTXt", text)] * 60, (b"IDAT", zlib.compress(b"\0\0\0\0")))


def animated() -> bytes:
    frames = [Image.new("RGB", (3000, 3000), name) for name in ("white", "red", "blue")]
    return saved(frames[0], "PNG", save_all=True, append_images=frames[1:])


def white(width: int, height: int) -> Said:
    return [width, height, False, "white"]


CASES: dict[str, tuple[Callable[[], bytes], Said]] = {
    "jpeg": (lambda: saved(plain("RGB")), white(6300, 6300)),
    "jpeg444": (lambda: saved(plain("RGB"), subsampling=0), white(6300, 6300)),
    "telephone": (with_notes, white(6000, 6300)),
    "jpeg-grey": (lambda: saved(plain("L")), white(6300, 6300)),
    "cmyk": (lambda: saved(plain("CMYK")), [6300, 6300, False, "not_white"]),
    "jpeg-thin": (lambda: saved(plain("RGB", 65_500, 600)), white(65_500, 600)),
    "progressive": (lambda: saved(plain("RGB", 5100, 5100), progressive=True), white(5100, 5100)),
    "progressive444": (lambda: saved(plain("RGB", 3600, 3600), progressive=True, subsampling=0), white(3600, 3600)),
    "progressive-large": (lambda: saved(plain("RGB"), progressive=True), "IMAGE_TOO_LARGE"),
    "progressive444-large": (
        lambda: saved(plain("RGB", 3700, 3700), progressive=True, subsampling=0),
        "IMAGE_TOO_LARGE",
    ),
    "scans": (in_scans_of_one_component, "IMAGE_TOO_LARGE"),
    "png": (lambda: saved(plain("RGB", 4400, 4400), "PNG"), white(4400, 4400)),
    "png-thin": (lambda: saved(plain("RGB", 401, 49_000), "PNG"), white(401, 49_000)),
    "png-large": (lambda: saved(plain("RGB"), "PNG"), "IMAGE_TOO_LARGE"),
    "rgba": (lambda: saved(plain("RGBA", 4400, 4400), "PNG"), white(4400, 4400)),
    "grey+alpha": (lambda: saved(plain("LA", 4400, 4400), "PNG"), white(4400, 4400)),
    "16-bits": (lambda: saved(plain("I;16", 4400, 4400), "PNG"), white(4400, 4400)),
    "16-bits-thin": (lambda: saved(plain("I;16", 401, 49_000), "PNG"), white(401, 49_000)),
    "palette": (lambda: saved(plain("P"), "PNG"), white(6300, 6300)),
    "bits": (lambda: saved(plain("1"), "PNG"), white(6300, 6300)),
    "grey": (lambda: saved(plain("L"), "PNG"), white(6300, 6300)),
    "one-row": (lambda: saved(plain("L", 40_000_000, 1), "PNG"), "IMAGE_TOO_LARGE"),
    "bomb": (lambda: png(60_000, 60_000, 2, (b"IDAT", zlib.compress(b"\0" * 1_000_000))), "IMAGE_TOO_LARGE"),
    "cut": (lambda: png(40_000, 500, 2, (b"IDAT", zlib.compress(b"\0" * 100))), "IMAGE_UNREADABLE"),
    "texts": (with_texts, "IMAGE_UNREADABLE"),
    "animated": (animated, "IMAGE_FORMAT"),
}


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the highest memory of a process is told by Linux")
@pytest.mark.parametrize(("make", "says"), CASES.values(), ids=CASES)
def test_three_pictures_at_once_take_the_memory_of_one_that_is_bounded(make: Callable[[], bytes], says: Said) -> None:
    taken, said = measured_thrice(make(), saved(plain("RGB", 40, 40)))
    assert said == [says] * 3
    assert taken <= MAXIMUM_MEMORY + BESIDE


def test_a_large_photograph_is_judged_as_a_small_one() -> None:
    small = Image.new("RGB", (70, 84), (67, 142, 219))
    small.paste((224, 172, 105), (20, 14, 50, 84))
    large = small.resize((4200, 5040), Image.Resampling.NEAREST)
    kinds: list[dict[str, Any]] = [{}, {"progressive": True, "quality": 40}, {"subsampling": 0}]
    for options in kinds:
        measured = measure(saved(large, dpi=(350, 350), **options))
        assert (measured.width_px, measured.height_px, measured.dpi) == (4200, 5040, 350)
        assert (measured.colour, measured.background) == (True, "not_white")


def said_of(content: bytes) -> InvalidInput:
    with pytest.raises(InvalidInput) as caught:
        measure(content)
    assert caught.value.code == "IMAGE_TOO_LARGE"
    return caught.value


def test_the_refusal_says_which_limit_and_what_helps() -> None:
    by_memory = said_of(saved(plain("RGB", 5000, 5000), "PNG")).message
    assert (
        "图片为5000×5000像素（共25000000），超过上限20000000像素。请缩小，或另存为JPEG（不用渐进格式）" in by_memory.zh
    )
    assert "the limit is 20000000. Make it smaller, or save it as JPEG, not progressive, and upload" in by_memory.en
    by_side = said_of(saved(plain("L", MAXIMUM_SIDE + 1, 1), "PNG")).message
    assert f"图片为65536×1像素，一边超过上限{MAXIMUM_SIDE}像素" in by_side.zh
    assert f"65536 by 1 pixels; the limit for one side is {MAXIMUM_SIDE}" in by_side.en
