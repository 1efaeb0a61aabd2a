"""Looking at uploaded pictures in a process of its own: whatever bytes they are made of, the one that serves people goes on.

Decoding takes a library of C that is fed by strangers. In its own process it may fail, hang or fill the memory, and the picture is
refused as one that cannot be read. The serving process never loads what decodes.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal, TypeVar

from domain.errors import InvalidInput
from domain.message import Message
from gateways.apart.processes import Apart, Bounds, WorkStopped

T = TypeVar("T")
Background = Literal["white", "not_white"]

PICTURES: Final = Bounds(seconds=5.0, memory=256 * 2**20, waiting=32)
"""One picture of an upload at a time: it may take 80 MB by itself (`gateways/images.py`)."""


@dataclass(frozen=True, slots=True)
class MeasuredImage:
    """What a picture is.

    Args:
        format: of the file.
        width_px, height_px: as it is seen, after the turn that the camera noted.
        dpi: dots per inch, the lower of both directions; None where the file does not say.
        colour: False for a grey picture, however it is stored.
        background: whether the ground behind a portrait is white; transparency counts as white paper.
    """

    format: Literal["jpeg", "png"]
    width_px: int
    height_px: int
    dpi: int | None
    colour: bool
    background: Background


async def measured(pictures: Apart, content: bytes, asker: str) -> MeasuredImage:
    """Measure a picture.

    Args:
        pictures: the processes for this; content: the bytes of a JPEG or PNG file; bytes after the picture are ignored.
        asker: for whom, so that nobody waits for the many pictures of one.

    Raises:
        InvalidInput: IMAGE_FORMAT, another format or an animation; IMAGE_TOO_LARGE, too many pixels;
            IMAGE_UNREADABLE, damaged or cut short, or its process did not survive it; IMAGE_TOO_COMPLEX, it takes too long or
            too much memory.
        ServiceBusy: too many pictures wait already.
    """
    return await _looked_at(pictures, _measured, content, asker)


async def thumbnail_of(pictures: Apart, content: bytes, asker: str) -> bytes:
    """Return a small JPEG of a picture, turned as it is seen, without what the camera noted.

    Raises:
        InvalidInput, ServiceBusy: as for `measured`.
    """
    return await _looked_at(pictures, _thumbnail, content, asker)


async def _looked_at(pictures: Apart, work: Callable[[bytes], T], content: bytes, asker: str) -> T:
    try:
        async with pictures.child(asker=asker) as child:
            return await child.call(work, content)
    except WorkStopped as stopped:
        if stopped.why == "ended":
            raise unreadable(len(content)) from stopped
        raise _too_much(stopped.why, pictures.bounds) from stopped


def _measured(content: bytes) -> MeasuredImage:
    from gateways.images import measure

    return measure(content)


def _thumbnail(content: bytes) -> bytes:
    from gateways.images import thumbnail

    return thumbnail(content)


def _too_much(why: Literal["time", "memory"], bounds: Bounds) -> InvalidInput:
    """Return that a picture takes more to look at than is given to one; whether it is damaged is not known."""
    seconds, mebibytes = f"{bounds.seconds:g}", bounds.memory // 2**20
    zh, en = {
        "time": (f"处理时间超过上限{seconds}秒", f"takes longer than the {seconds} seconds that one may take"),
        "memory": (
            f"占用内存超过上限{mebibytes}兆字节",
            f"takes more memory than the {mebibytes} MiB that one may take",
        ),
    }[why]
    return InvalidInput(
        Message(
            f"图片{zh}，没有处理完。请缩小尺寸、另存为普通的JPEG后再上传，或者稍后再试。",
            f"The picture {en}, so it was not looked at to the end. Save it smaller, as an ordinary JPEG, and upload "
            "that, or try again later.",
        ),
        code="IMAGE_TOO_COMPLEX",
    )


def unreadable(size_bytes: int) -> InvalidInput:
    """Return that a picture cannot be read."""
    return InvalidInput(
        Message(
            f"图片文件（{size_bytes}字节）已损坏或不完整，无法读取。请重新拍摄或导出后上传。",
            f"The picture file ({size_bytes} bytes) is damaged or incomplete and cannot be read. "
            "Take or export it again and upload it.",
        ),
        code="IMAGE_UNREADABLE",
    )
