import struct
import zlib
from contextlib import suppress
from io import BytesIO
from typing import Any

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw
from PIL.ExifTags import Base as Tag

from domain.errors import InvalidInput
from gateways.apart.processes import Apart
from gateways.images import MAXIMUM_PIXELS, MAXIMUM_SIDE, THUMBNAIL_PX, MeasuredImage, measure, thumbnail
from gateways.pictures import measured
from tests.patience import PICTURES_WITH_PATIENCE

SKIN, COAT = (224, 172, 105), (20, 40, 90)


def portrait(ground: Any = "white", size: tuple[int, int] = (358, 441), mode: str = "RGB") -> Image.Image:
    """Draw a head and shoulders before a plain ground, as on an identity photograph."""
    picture = Image.new("RGB", size, ground)
    draw = ImageDraw.Draw(picture)
    width, height = size
    draw.ellipse((width * 0.1, height * 0.7, width * 0.9, height * 1.3), fill=COAT)
    draw.ellipse((width * 0.28, height * 0.15, width * 0.72, height * 0.75), fill=SKIN)
    draw.chord((width * 0.27, height * 0.12, width * 0.73, height * 0.6), 180, 360, fill="black")
    return picture.convert(mode)


def saved(picture: Image.Image, format: str = "JPEG", **options: Any) -> bytes:  # noqa: A002
    file = BytesIO()
    picture.save(file, format, **options)
    return file.getvalue()


def refused(content: bytes) -> InvalidInput:
    with pytest.raises(InvalidInput) as caught:
        measure(content)
    assert caught.value.code in ("IMAGE_UNREADABLE", "IMAGE_TOO_LARGE", "IMAGE_FORMAT")
    assert "重新" in caught.value.message.zh
    assert "upload it" in caught.value.message.en
    return caught.value


def png(width: int, height: int, *chunks: tuple[bytes, bytes]) -> bytes:
    """Write a PNG by hand, so that it can claim what no library would write."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = [b"\x89PNG\r\n\x1a\n"]
    for name, content in ((b"IHDR", header), *chunks, (b"IEND", b"")):
        parts.append(struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content)))
    return b"".join(parts)


def test_the_photo_of_a_card() -> None:
    measured = measure(saved(portrait(), dpi=(350, 350), quality=85))
    assert measured == MeasuredImage("jpeg", 358, 441, 350, colour=True, background="white")


async def measured_by_many(content: bytes) -> list[MeasuredImage]:
    results: list[MeasuredImage] = []
    pictures = Apart("pictures", PICTURES_WITH_PATIENCE)

    async def one(asker: str) -> None:
        results.append(await measured(pictures, content, asker))

    async with anyio.create_task_group() as tasks:
        for asker in "abcdefgh":
            tasks.start_soon(one, asker)
    await pictures.close()
    return results


def test_pictures_can_be_measured_beside_the_event_loop_of_any_run() -> None:
    content = saved(portrait())
    for _ in range(2):
        assert anyio.run(measured_by_many, content) == [measure(content)] * 8


# Backgrounds


@pytest.mark.parametrize(
    ("ground", "background"),
    [
        ("white", "white"),
        ((250, 249, 246), "white"),
        ((228, 230, 232), "white"),
        ((211, 211, 211), "not_white"),
        ((67, 142, 219), "not_white"),
        ((190, 220, 255), "not_white"),
        ((255, 250, 205), "not_white"),
        ((200, 30, 30), "not_white"),
        ("black", "not_white"),
    ],
)
@pytest.mark.parametrize("options", [{"format": "PNG"}, {"format": "JPEG", "quality": 40}])
def test_white_is_told_from_other_grounds(ground: Any, background: str, options: dict[str, Any]) -> None:
    assert measure(saved(portrait(ground), **options)).background == background


def test_slight_shading_and_noise_are_still_white() -> None:
    shading = Image.linear_gradient("L").resize((358, 441)).point(lambda level: 222 + level // 8)
    picture = Image.merge("RGB", (shading, shading, shading))
    picture.paste(portrait().crop((60, 60, 300, 441)), (60, 60))
    noise = Image.effect_noise((358, 441), 8)
    noisy = Image.blend(
        picture, Image.merge("RGB", (noise, noise, noise)).point(lambda level: min(255, level + 110)), 0.2
    )
    assert measure(saved(picture, quality=50)).background == "white"
    assert measure(saved(noisy, quality=50)).background == "white"


@pytest.mark.parametrize("box", [(0, 0, 358, 40), (0, 0, 40, 441), (318, 0, 358, 441), (0, 0, 358, 441)])
def test_a_coloured_strip_on_any_side_is_not_white(box: tuple[int, int, int, int]) -> None:
    picture = portrait()
    picture.paste((67, 142, 219), box)
    assert measure(saved(picture)).background == "not_white"


def test_the_shoulders_may_reach_the_lower_edge_and_sides() -> None:
    picture = portrait()
    picture.paste(COAT, (0, 300, 358, 441))
    assert measure(saved(picture)).background == "white"


def test_transparency_counts_as_white_paper() -> None:
    picture = portrait((0, 0, 255)).convert("RGBA")
    picture.putalpha(Image.new("L", picture.size, 255))
    assert measure(saved(picture, "PNG")).background == "not_white"
    cut_out = Image.new("RGBA", (358, 441), (0, 0, 0, 0))
    cut_out.paste(portrait().crop((80, 80, 280, 441)), (80, 80))
    assert measure(saved(cut_out, "PNG")) == MeasuredImage("png", 358, 441, None, colour=True, background="white")


# Colours and modes


@pytest.mark.parametrize(
    "content",
    [
        saved(portrait(mode="L")),
        saved(portrait(mode="L").convert("RGB"), quality=60),
        saved(portrait(mode="L"), "PNG"),
        saved(portrait(mode="1"), "PNG"),
        saved(portrait(mode="LA"), "PNG"),
        saved(portrait(mode="L").convert("P"), "PNG"),
        saved(portrait(mode="L").point(lambda level: level * 257, "I").convert("I;16"), "PNG"),
    ],
    ids=["L jpeg", "RGB jpeg", "L png", "bits", "LA", "palette", "16 bits"],
)
def test_grey_is_grey_however_it_is_stored(content: bytes) -> None:
    measured = measure(content)
    assert not measured.colour
    assert measured.background == "white"


@pytest.mark.parametrize(
    "content",
    [
        saved(portrait(mode="CMYK")),
        saved(portrait(mode="YCbCr")),
        saved(portrait(mode="P"), "PNG"),
        saved(portrait(mode="RGBA"), "PNG"),
        saved(portrait(), progressive=True),
    ],
    ids=["CMYK", "YCbCr", "palette", "RGBA", "progressive"],
)
def test_colour_is_colour_however_it_is_stored(content: bytes) -> None:
    measured = measure(content)
    assert measured.colour
    assert measured.background == "white"


def test_a_dark_sixteen_bit_ground_is_not_white() -> None:
    content = saved(Image.new("I;16", (40, 40), 30000), "PNG")
    assert measure(content).background == "not_white"


# Resolution and orientation


def exif(**tags: Any) -> Image.Exif:
    written = Image.Exif()
    for name, value in tags.items():
        written[Tag[name]] = value
    return written


@pytest.mark.parametrize(
    ("content", "dpi"),
    [
        (saved(portrait()), None),
        (saved(portrait(), dpi=(300, 300)), 300),
        (saved(portrait(), dpi=(350, 300)), 300),
        (saved(portrait(), "PNG"), None),
        (saved(portrait(), "PNG", dpi=(350, 350)), 350),
        (saved(portrait(), exif=exif(XResolution=300.0, YResolution=300.0, ResolutionUnit=2)), 300),
        (saved(portrait(), exif=exif(XResolution=118.11, YResolution=118.11, ResolutionUnit=3)), 300),
        (saved(portrait(), exif=exif(XResolution=300.0, YResolution=300.0)), None),
        (saved(portrait(), exif=exif(XResolution=300.0, ResolutionUnit=2)), None),
        (saved(portrait(), exif=exif(XResolution=300.0, YResolution=300.0, ResolutionUnit=1)), None),
        (saved(portrait(), dpi=(350, 350), exif=exif(XResolution=72.0, YResolution=72.0, ResolutionUnit=2)), 350),
        (saved(portrait(), exif=b"Exif\0\0 no exif at all"), None),
    ],
)
def test_resolution(content: bytes, dpi: int | None) -> None:
    assert measure(content).dpi == dpi


def test_resolution_in_dots_per_centimetre() -> None:
    content = bytearray(saved(portrait(), dpi=(138, 138)))
    content[13] = 2  # the unit of JFIF: 1 the inch, 2 the centimetre
    assert measure(bytes(content)).dpi == 351
    content[13] = 0  # only a proportion
    assert measure(bytes(content)).dpi is None


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_picture_is_judged_as_it_is_seen(orientation: int) -> None:
    # The lower half is dark: white is found only where the top is after the turn.
    picture = portrait()
    picture.paste(COAT, (0, 300, 358, 441))
    back = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    stored = picture.transpose(back[orientation]) if orientation in back else picture
    content = saved(stored, exif=exif(Orientation=orientation))
    assert measure(content) == MeasuredImage("jpeg", 358, 441, None, colour=True, background="white")
    if orientation in (3, 6, 8):
        assert measure(saved(stored)).background == "not_white"


# Thumbnails


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "LA", "P", "1", "I;16", "CMYK"])
def test_a_thumbnail_is_a_small_JPEG_of_any_picture(mode: str) -> None:
    picture = Image.new("I;16", (900, 1200), 40_000) if mode == "I;16" else portrait(size=(900, 1200), mode=mode)
    content = saved(picture, "JPEG" if mode in ("RGB", "L", "CMYK") else "PNG")
    small = Image.open(BytesIO(thumbnail(content)))
    assert (small.format, small.mode, small.size) == ("JPEG", "RGB", (THUMBNAIL_PX * 3 // 4, THUMBNAIL_PX))
    if mode == "I;16":
        assert small.getpixel((9, 9)) == (156, 156, 156)


def test_a_thumbnail_is_turned_as_it_is_seen_and_tells_nothing_that_the_camera_noted() -> None:
    small = Image.open(BytesIO(thumbnail(saved(portrait(size=(900, 1200)), exif=exif(Orientation=6, Make="camera")))))
    assert small.size == (THUMBNAIL_PX, THUMBNAIL_PX * 3 // 4)
    assert not small.getexif()


@pytest.mark.parametrize("content", [b"%PDF-1.7", b"\xff\xd8\xff\xe0 none", saved(portrait())[:900]])
def test_of_what_is_no_picture_there_is_no_thumbnail(content: bytes) -> None:
    with pytest.raises(InvalidInput):
        thumbnail(content)


# Formats


def test_the_pictures_of_telephones_are_named_and_refused() -> None:
    assert "图片为HEIC格式" in refused(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic").message.zh


@pytest.mark.parametrize("name", ["GIF", "BMP", "WEBP", "TIFF", "PDF", "AVIF"])
def test_other_formats_are_named_and_refused(name: str) -> None:
    error = refused(saved(portrait(), name))
    assert error.code == "IMAGE_FORMAT"
    assert f"图片为{name}格式" in error.message.zh
    assert "JPEG or PNG" in error.message.en


@pytest.mark.parametrize(
    "content", [b"", b"hello", b"<svg/>", b"\0" * 100, saved(portrait(), "PPM"), saved(portrait(), "ICO")]
)
def test_unknown_formats_are_refused(content: bytes) -> None:
    error = refused(content)
    assert error.code == "IMAGE_FORMAT"
    assert "无法识别" in error.message.zh


def test_animations_are_refused_and_single_frames_are_not() -> None:
    frames = [portrait("blue"), portrait("red")]
    error = refused(saved(portrait(), "PNG", save_all=True, append_images=frames))
    assert error.code == "IMAGE_FORMAT"
    assert "静态" in error.message.zh
    assert measure(saved(portrait(), "PNG", save_all=True)).background == "white"


def test_the_second_picture_that_some_telephones_append_is_ignored() -> None:
    content = saved(portrait(), "MPO", save_all=True, append_images=[portrait("blue")])
    assert measure(content) == MeasuredImage("jpeg", 358, 441, None, colour=True, background="white")


@pytest.mark.parametrize("format", ["JPEG", "PNG"])
def test_what_follows_the_picture_is_ignored(format: str) -> None:  # noqa: A002
    content = saved(portrait(), format)
    assert measure(content + b"PK\x03\x04 an archive" * 1000) == measure(content)


# Damage and malice


def test_a_bomb_is_refused_before_it_is_decoded() -> None:
    content = png(60_000, 60_000, (b"IDAT", zlib.compress(b"\0" * 1_000_000)))
    assert len(content) < 2000
    error = refused(content)
    assert error.code == "IMAGE_TOO_LARGE"
    assert f"60000×60000像素（共3600000000），超过上限{MAXIMUM_PIXELS}像素" in error.message.zh
    assert f"60000 by 60000 pixels (3600000000 in all); the limit is {MAXIMUM_PIXELS}" in error.message.en
    with pytest.raises(InvalidInput) as small:
        thumbnail(content)
    assert small.value.code == "IMAGE_TOO_LARGE"
    with pytest.raises(Image.DecompressionBombError):  # and so it is wherever else in the process
        Image.open(BytesIO(content))


def test_a_jpeg_that_claims_to_be_huge_is_refused() -> None:
    content = bytearray(saved(portrait()))
    frame = content.index(b"\xff\xc0")
    content[frame + 5 : frame + 9] = b"\xff\xff\xff\xff"
    assert refused(bytes(content)).code == "IMAGE_TOO_LARGE"


@pytest.mark.parametrize("kind", [b"\xff\xc2", b"\xff\xca"])
def test_a_jpeg_of_many_scans_that_would_fill_the_memory_is_refused_by_its_head(kind: bytes) -> None:
    content = bytearray(saved(portrait(), progressive=True, subsampling=0))
    del content[content.index(b"\xff\xda", content.index(b"\xff\xda") + 2) :]  # the first scan has all components
    frame = content.index(b"\xff\xc2")
    content[frame : frame + 2] = kind
    content[frame + 5 : frame + 9] = struct.pack(">HH", 5000, 5000)
    assert refused(bytes(content)).code == "IMAGE_TOO_LARGE"


def test_the_limit_itself_is_taken() -> None:
    assert measure(saved(Image.new("L", (8000, 5000), 255), "PNG")).background == "white"
    assert refused(saved(Image.new("L", (8000, 5001), 255), "PNG")).code == "IMAGE_TOO_LARGE"
    assert measure(saved(Image.new("L", (MAXIMUM_SIDE, 1), 255), "PNG")).width_px == MAXIMUM_SIDE
    assert refused(saved(Image.new("L", (MAXIMUM_SIDE + 1, 1), 255), "PNG")).code == "IMAGE_TOO_LARGE"


def test_a_jpeg_of_endless_scans_is_refused() -> None:
    content = saved(Image.new("RGB", (5000, 5000), "white"), progressive=True)
    last_scan = content[content.rindex(b"\xff\xda") : -2]
    assert measure(content).background == "white"
    assert refused(content[:-2] + last_scan * 1000 + content[-2:]).code == "IMAGE_UNREADABLE"


@pytest.mark.parametrize("format", ["JPEG", "PNG"])
@pytest.mark.parametrize("share", [0.02, 0.1, 0.5, 0.9, 0.99])
def test_a_picture_cut_short_is_refused_with_its_size(format: str, share: float) -> None:  # noqa: A002
    content = saved(portrait(), format)
    content = content[: int(len(content) * share)]
    error = refused(content)
    assert error.code == "IMAGE_UNREADABLE"
    assert f"{len(content)}字节" in error.message.zh


def test_text_that_unpacks_to_megabytes_is_refused() -> None:
    bomb = b"comment\0\0" + zlib.compress(b"a" * 200_000_000, 9)
    assert refused(png(1, 1, (b"zTXt", bomb), (b"IDAT", zlib.compress(b"\0\0\0\0")))).code == "IMAGE_UNREADABLE"
    part = b"zTXt", b"comment\0\0" + zlib.compress(b"a" * 1_000_000, 9)
    assert refused(png(1, 1, *[part] * 5, (b"IDAT", zlib.compress(b"\0\0\0\0")))).code == "IMAGE_UNREADABLE"
    measure(png(1, 1, *[part] * 3, (b"IDAT", zlib.compress(b"\0\0\0\0"))))


@pytest.mark.parametrize("size", [(1, 1), (1, 5000), (5000, 1), (2, 3)])
@pytest.mark.parametrize("format", ["JPEG", "PNG"])
def test_the_smallest_and_thinnest_pictures_are_measured(size: tuple[int, int], format: str) -> None:  # noqa: A002
    measured = measure(saved(Image.new("RGB", size, "white"), format))
    assert (measured.width_px, measured.height_px, measured.background, measured.colour) == (*size, "white", False)


def only_refused(content: bytes) -> None:
    with suppress(InvalidInput):
        measured = measure(content)
        assert 0 < measured.width_px * measured.height_px <= MAXIMUM_PIXELS


SMALL = [
    saved(portrait(size=(36, 44)), dpi=(350, 350), exif=exif(Orientation=6, XResolution=300.0)),
    saved(portrait(size=(36, 44)), progressive=True),
    saved(portrait(size=(36, 44)), "PNG", dpi=(350, 350)),
    saved(portrait(size=(36, 44), mode="P"), "PNG", exif=exif(Orientation=6)),
    saved(portrait(size=(36, 44)), "PNG", save_all=True, append_images=[portrait("blue", (36, 44))]),
]


@given(
    st.binary(max_size=300),
    st.sampled_from([b"", b"\xff\xd8\xff", b"\xff\xd8\xff\xe0\0\x10JFIF\0", b"\x89PNG\r\n\x1a\n", b"GIF8", b"II*\0"]),
)
def test_random_bytes_do_no_more_than_be_refused(content: bytes, start: bytes) -> None:
    only_refused(start + content)


@settings(max_examples=300)
@given(st.sampled_from(SMALL), st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), max_size=6))
def test_damaged_pictures_do_no_more_than_be_refused(content: bytes, damage: list[tuple[float, int]]) -> None:
    damaged = bytearray(content)
    for place, byte in damage:
        damaged[int(place * len(damaged))] = byte
    only_refused(bytes(damaged))


@given(st.sampled_from(SMALL), st.floats(0, 1), st.floats(0, 1), st.binary(max_size=20))
def test_spliced_pictures_do_no_more_than_be_refused(content: bytes, one: float, other: float, between: bytes) -> None:
    start, end = sorted((int(one * len(content)), int(other * len(content))))
    only_refused(content[:start] + between + content[end:])
