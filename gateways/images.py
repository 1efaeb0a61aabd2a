"""Measuring an uploaded picture: its size, resolution, colours and background, whatever bytes it is made of.

It is done in a process of its own (`gateways/pictures.py`). What it takes is told from the header, before anything is decoded: size
and resolution are read there, and colours are judged by a copy that is as small as the format lets it be decoded.
"""

import struct
from collections.abc import Mapping, Sequence
from io import BytesIO

from PIL import Image, PngImagePlugin
from PIL.ExifTags import Base as Tag
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile

from domain.errors import InvalidInput
from domain.message import Message
from gateways.image_colours import SAMPLE_PX, background_of, in_colour, sample
from gateways.pictures import MeasuredImage as MeasuredImage
from gateways.pictures import unreadable

MAXIMUM_PIXELS = 40_000_000
"""Of any picture."""

MAXIMUM_SIDE = 65_535
"""Pixels in a row or column, as many as a JPEG can have: the buffers of one row stay small beside the picture."""

MAXIMUM_MEMORY = 80_000_000
"""Bytes for one picture while it is decoded: a PNG is held whole, and so are the coefficients of a JPEG of many scans."""

# Pillow raises above twice its limit, so that half of ours makes anything else that opens a picture refuse it too.
Image.MAX_IMAGE_PIXELS = MAXIMUM_PIXELS // 2
# Nobody reads the texts in a picture, which Pillow unpacks all the same.
PngImagePlugin.MAX_TEXT_MEMORY = 4_000_000

MAXIMUM_WORK = 2_000_000_000
"""Pixels times scans of a JPEG; a progressive one has about ten scans, one made to keep us busy has thousands."""

_BYTES_A_PIXEL = {"1": 1, "L": 1, "P": 1}
"""Of a decoded picture, by mode; every other mode takes four, 16 bits of grey and the averages made of them together."""

_JFIF_UNITS_PER_INCH: Mapping[object, float] = {1: 1.0, 2: 2.54}  # 1 is the inch, 2 the centimetre
_EXIF_UNITS_PER_INCH: Mapping[object, float] = {2: 1.0, 3: 2.54}  # 2 is the inch, 3 the centimetre

_TURNS: Mapping[object, Image.Transpose] = {  # by EXIF orientation
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SWAPPING = {5, 6, 7, 8}

# The first bytes of a file say its format. Pillow is never asked to guess: it would try fifty more decoders.
_SIGNATURES: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\xff\xd8\xff", "JPEG"),
    (0, b"\x89PNG\r\n\x1a\n", "PNG"),
    (0, b"GIF8", "GIF"),
    (0, b"BM", "BMP"),
    (8, b"WEBP", "WEBP"),
    (0, b"II*\0", "TIFF"),
    (0, b"MM\0*", "TIFF"),
    (0, b"%PDF-", "PDF"),
    (4, b"ftyphei", "HEIC"),
    (4, b"ftypmif1", "HEIC"),
    (4, b"ftypavif", "AVIF"),
)

THUMBNAIL_PX = 320
"""The longer side of a thumbnail."""


def thumbnail(content: bytes) -> bytes:
    """Return a small JPEG of a picture, turned as it is seen, without what the camera noted.

    Args:
        content: the bytes of a JPEG or PNG file; it is held to the bounds of `measure`, and decoded as small as its format allows.

    Raises:
        InvalidInput: as for `measure`.
    """
    try:
        picture = _opened(content)
        _check_size(picture, content)
        if isinstance(picture, JpegImageFile):
            picture.draft("RGB", (THUMBNAIL_PX, THUMBNAIL_PX))
        turn = _TURNS.get(_exif(picture).get(Tag.Orientation))
        small: Image.Image = picture
        small.thumbnail((THUMBNAIL_PX, THUMBNAIL_PX))
        if small.mode.startswith("I"):  # 16 bits of grey, which no other mode takes as they are.
            small = small.convert("I").point(lambda value: value * (1 / 256)).convert("L")
        flat = Image.new("RGB", small.size, "white")
        seen = small.convert("RGBA")
        flat.paste(seen, mask=seen.getchannel("A"))
        made = BytesIO()
        (flat.transpose(turn) if turn else flat).save(made, "JPEG", quality=80)
        return made.getvalue()
    except InvalidInput:
        raise
    except Exception as error:
        raise unreadable(len(content)) from error


def measure(content: bytes) -> MeasuredImage:
    """Measure a picture.

    Args:
        content: the bytes of a JPEG or PNG file; bytes after the picture are ignored.

    Raises:
        InvalidInput: IMAGE_FORMAT, another format or an animation; IMAGE_TOO_LARGE, too many pixels;
            IMAGE_UNREADABLE, damaged or cut short.
    """
    try:
        return _measure(content)
    except InvalidInput:
        raise
    except Exception as error:
        # On hostile bytes Pillow raises almost anything: OSError, SyntaxError, ValueError, struct.error, zlib.error …
        raise unreadable(len(content)) from error


def _measure(content: bytes) -> MeasuredImage:
    picture = _opened(content)
    _check_size(picture, content)
    size = picture.size
    _decode(picture)
    exif = _exif(picture)
    orientation = exif.get(Tag.Orientation)
    looked_at = sample(picture)
    if turn := _TURNS.get(orientation):
        looked_at = looked_at.transpose(turn)
    width, height = reversed(size) if orientation in _SWAPPING else size
    return MeasuredImage(
        format="jpeg" if isinstance(picture, JpegImageFile) else "png",
        width_px=width,
        height_px=height,
        dpi=_dots_per_inch(picture, exif),
        colour=in_colour(looked_at),
        background=background_of(looked_at),
    )


def _opened(content: bytes) -> JpegImageFile | PngImageFile:
    name = next((name for at, start, name in _SIGNATURES if content.startswith(start, at)), None)
    if name == "JPEG":
        return JpegImageFile(BytesIO(content))
    if name != "PNG":
        raise _wrong_format(name)
    picture = PngImageFile(BytesIO(content))
    if picture.is_animated:
        raise _wrong_format("APNG")
    return picture


def _check_size(picture: JpegImageFile | PngImageFile, content: bytes) -> None:
    pixels = picture.width * picture.height
    if pixels > MAXIMUM_PIXELS:
        raise _too_large(picture.size, MAXIMUM_PIXELS)
    if max(picture.size) > MAXIMUM_SIDE:
        raise _too_long(picture.size)
    if isinstance(picture, JpegImageFile):
        if pixels * content.count(b"\xff\xda") > MAXIMUM_WORK:
            raise unreadable(len(content))
        each = _bytes_of_coefficients(picture) if _has_many_scans(picture, content) else 0
    else:
        each = _BYTES_A_PIXEL.get(picture.mode, 4)
    if pixels * each > MAXIMUM_MEMORY:
        raise _too_large(picture.size, int(MAXIMUM_MEMORY / each))


def _has_many_scans(picture: JpegImageFile, content: bytes) -> bool:
    """Say whether a JPEG may be one that cannot be decoded row by row.

    Such a one holds a progressive frame, or a scan that leaves components to other scans. Compressed data cannot hold
    the bytes with which these begin.
    """
    frame = struct.pack(">HBHHB", 8 + 3 * picture.layers, 8, picture.height, picture.width, picture.layers)
    starts = [b"\xff\xc2" + frame, b"\xff\xca" + frame]
    starts += [struct.pack(">2sHB", b"\xff\xda", 6 + 2 * scanned, scanned) for scanned in range(1, picture.layers)]
    return any(start in content for start in starts)


def _bytes_of_coefficients(picture: JpegImageFile) -> float:
    """Return the bytes that libjpeg keeps for each pixel until the last scan is read: two for each value stored."""
    across = [component[1] for component in picture.layer[: picture.layers]]
    down = [component[2] for component in picture.layer[: picture.layers]]
    stored = sum(each * other for each, other in zip(across, down, strict=True))
    return 2 * stored / (max(across) * max(down))


def _decode(picture: JpegImageFile | PngImageFile) -> None:
    """Decode a picture, a JPEG at an eighth, a quarter or half of its size where that is enough for a sample."""
    if isinstance(picture, JpegImageFile):
        pixels = picture.width * picture.height
        scale = next((scale for scale in (8, 4, 2) if pixels >= (scale * SAMPLE_PX) ** 2), 1)
        picture.draft(None, (picture.width // scale, picture.height // scale))
    picture.load()


def _exif(picture: Image.Image) -> Mapping[int, object]:
    """Return what the camera noted; notes that cannot be read are no reason to refuse the picture."""
    try:
        return dict(picture.getexif())
    except Exception:
        return {}


def _dots_per_inch(picture: Image.Image, exif: Mapping[int, object]) -> int | None:
    """Return the lower resolution of both directions, as JFIF, pHYs or else EXIF states it.

    Pillow's own `dpi` is not used: it says 72 where EXIF is unreadable.
    """
    info = picture.info
    if "dpi" in info and isinstance(picture, PngImageFile):
        return _rounded(info["dpi"], 1.0)
    if info.get("jfif_unit") in _JFIF_UNITS_PER_INCH:
        return _rounded(info["jfif_density"], _JFIF_UNITS_PER_INCH[info["jfif_unit"]])
    if exif.get(Tag.ResolutionUnit) in _EXIF_UNITS_PER_INCH:
        density = (exif.get(Tag.XResolution), exif.get(Tag.YResolution))
        return _rounded(density, _EXIF_UNITS_PER_INCH[exif[Tag.ResolutionUnit]])
    return None


def _rounded(density: Sequence[object], units_per_inch: float) -> int | None:
    try:
        lower = min(float(value) for value in density) * units_per_inch  # type: ignore[arg-type]
        return round(lower) or None
    except (TypeError, ValueError, OverflowError, ZeroDivisionError):
        return None


def _wrong_format(name: str | None) -> InvalidInput:
    zh, en = (f"{name}格式", name) if name else ("无法识别的格式", "of an unknown format")
    return InvalidInput(
        Message(
            f"图片为{zh}，只接受JPEG或PNG静态图片。请另存为JPEG或PNG后重新上传。",
            f"The picture is {en}; only still pictures in JPEG or PNG are accepted. Save it as one of these and upload "
            "it again.",
        ),
        code="IMAGE_FORMAT",
    )


def _too_large(size: tuple[int, int], limit: int) -> InvalidInput:
    width, height = size
    zh, en = "请缩小", "Make it smaller"
    if limit < MAXIMUM_PIXELS:
        zh, en = f"{zh}，或另存为JPEG（不用渐进格式）", f"{en}, or save it as JPEG, not progressive,"
    return InvalidInput(
        Message(
            f"图片为{width}×{height}像素（共{width * height}），超过上限{limit}像素。{zh}后重新上传。",
            f"The picture has {width} by {height} pixels ({width * height} in all); the limit is {limit}. "
            f"{en} and upload it again.",
        ),
        code="IMAGE_TOO_LARGE",
    )


def _too_long(size: tuple[int, int]) -> InvalidInput:
    width, height = size
    return InvalidInput(
        Message(
            f"图片为{width}×{height}像素，一边超过上限{MAXIMUM_SIDE}像素。请缩小后重新上传。",
            f"The picture has {width} by {height} pixels; the limit for one side is {MAXIMUM_SIDE}. "
            "Make it smaller and upload it again.",
        ),
        code="IMAGE_TOO_LARGE",
    )
