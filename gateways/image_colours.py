"""Looking at a decoded picture: is it in colour, and is the ground behind a portrait white?

Both look at a small sample, which also evens out the noise of JPEG and of cameras.
"""

from PIL import Image, ImageChops

from gateways.pictures import Background

SAMPLE_PX = 400
"""Longest width and height of a sample; the proportions need not be kept, since all shares are relative."""

# A colour here is its darkest channel and the spread between its channels, 0 to 255.
_WHITE_FROM = 215  # shading at the edge of a lit white wall stays above; light grey (211) and light blue do not
_WHITE_SPREAD = 24  # what a camera's white balance leaves on a white wall
_WHITE_SHARE = 0.85  # the rest may be hair that reaches the edge
_COLOUR_SPREAD = 20  # skin has 40 and more; grey pictures saved with three channels have 3, tinted scans up to 15
_COLOUR_SHARE = 0.02

_BORDER_SHARE = 0.06  # of the width and of the height: what a portrait leaves free at the top and beside the head
_SIXTEEN_TO_EIGHT_BITS = [level >> 8 for level in range(65536)]


def sample(picture: Image.Image) -> Image.Image:
    """Return a small copy in red, green and blue, as it looks on white paper."""
    size = (min(picture.width, SAMPLE_PX), min(picture.height, SAMPLE_PX))
    # Palettes and bits cannot be averaged, and with transparency it takes two more copies of the whole picture.
    averaging = picture.mode not in ("1", "P", "PA", "LA", "RGBA")
    if averaging and not picture.mode.startswith("I"):
        # Pillow makes no copy on the way here that is as high as the picture; 16 bits it cannot reduce.
        picture = picture.reduce((picture.width // size[0], picture.height // size[1]))
    small = picture.resize(size, Image.Resampling.BOX if averaging else Image.Resampling.NEAREST)
    if small.mode.startswith("I"):
        small = small.convert("I").point(_SIXTEEN_TO_EIGHT_BITS, "L")  # converted to L, it would be clipped
    if small.has_transparency_data:
        small = small.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", size, "white"), small).convert("RGB")
    return small.convert("RGB")


def in_colour(looked_at: Image.Image) -> bool:
    """Say whether a sample shows colours, and not only greys."""
    return _share_above(_spread(looked_at), _COLOUR_SPREAD) >= _COLOUR_SHARE


def background_of(looked_at: Image.Image) -> Background:
    """Judge the ground behind a portrait by the strips at the top and at both sides of the upper half."""
    width, height = looked_at.size
    across, down = max(1, round(width * _BORDER_SHARE)), max(1, round(height * _BORDER_SHARE))
    half = max(down, height // 2)
    strips = [(0, 0, width, down), (0, 0, across, half), (width - across, 0, width, half)]
    shares = [_white_share(looked_at.crop(strip)) for strip in strips]
    return "white" if min(shares) >= _WHITE_SHARE else "not_white"


def _white_share(strip: Image.Image) -> float:
    bright = _darkest(strip).point([255 if level >= _WHITE_FROM else 0 for level in range(256)])
    neutral = _spread(strip).point([255 if level <= _WHITE_SPREAD else 0 for level in range(256)])
    return _share_above(ImageChops.darker(bright, neutral), 0)


def _darkest(picture: Image.Image) -> Image.Image:
    red, green, blue = picture.split()
    return ImageChops.darker(ImageChops.darker(red, green), blue)


def _spread(picture: Image.Image) -> Image.Image:
    red, green, blue = picture.split()
    brightest = ImageChops.lighter(ImageChops.lighter(red, green), blue)
    return ImageChops.subtract(brightest, _darkest(picture))


def _share_above(levels: Image.Image, level: int) -> float:
    return sum(levels.histogram()[level + 1 :]) / (levels.width * levels.height)
