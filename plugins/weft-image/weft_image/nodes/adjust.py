"""Nodes that change tones and colours."""

from __future__ import annotations

from typing import Annotated, Literal

from weft import Advanced, Image, InputError, Range, Slider, node

Unit = Annotated[float, Slider(0, 1, 0.001)]
Curve = list[Annotated[float, Range(0, 1)]]
Channel = Literal["all", "red", "green", "blue", "opacity"]
STRAIGHT = [0.0, 0.25, 0.5, 0.75, 1.0]
CHART = 65  # points of a drawn curve


@node("image:adjust.levels", title="Levels")
def levels(
    image: Image,
    black: Unit = 0.0,
    white: Unit = 1.0,
    gamma: Annotated[float, Slider(0.1, 10, 0.01)] = 1.0,
    out_black: Annotated[Unit, Advanced()] = 0.0,
    out_white: Annotated[Unit, Advanced()] = 1.0,
    channel: Channel = "all",
) -> Image:
    """Set what is black, what is white, and how bright the middle is.

    image: the pictures.
    black: what becomes black, and all below it.
    white: what becomes white, and all above it.
    gamma: above 1 brightens the middle, below 1 darkens it.
    out_black: what black becomes; above out_white turns light into dark.
    out_white: what white becomes.
    channel: all colours, one of them, or the opacity of pictures that have one.
    """
    from weft_image.pixels import checked
    from weft_image.tones import levels as levelled
    from weft_image.tones import on_channel

    return on_channel(
        checked(image),
        channel,
        lambda plane: levelled(plane, black, white, gamma, out_black, out_white),
    )


@levels.chart
def _(
    black: float | None,
    white: float | None,
    gamma: float | None,
    out_black: float | None,
    out_white: float | None,
) -> dict[str, list[float]] | None:
    if black is None or white is None or gamma is None or out_black is None or out_white is None:
        return None
    if black >= white or gamma <= 0:
        return None
    x = [index / (CHART - 1) for index in range(CHART)]
    places = (min(max((one - black) / (white - black), 0.0), 1.0) ** (1 / gamma) for one in x)
    return {"x": x, "y": [out_black + (out_white - out_black) * one for one in places]}


@node("image:adjust.curves", title="Curves")
def curves(
    image: Image,
    points: Curve = STRAIGHT,
    red: Annotated[Curve, Advanced()] | None = None,
    green: Annotated[Curve, Advanced()] | None = None,
    blue: Annotated[Curve, Advanced()] | None = None,
    places: Annotated[Curve, Advanced()] | None = None,
) -> Image:
    """Change brightness along a smooth curve, for all colours together and for each.

    A curve goes through its points and never overshoots them (Fritsch and Butland 1984). A
    colour's own curve comes first, then the one for all.

    image: the pictures.
    points: new values, from black to white, of as many old ones evenly apart; for all colours.
    red: the same for red alone.
    green: the same for green alone.
    blue: the same for blue alone.
    places: the old values that the points stand at, rising, where they are not evenly apart; for
        all four curves.
    """
    from weft_image.pixels import checked
    from weft_image.spline import Spline
    from weft_image.tones import on_channel

    made = checked(image)
    for channel, heights in (("red", red), ("green", green), ("blue", blue), ("all", points)):
        if heights is not None:
            name = "points" if channel == "all" else channel
            made = on_channel(made, channel, Spline(heights, places, name).of)
    return made


@curves.chart
def _(points: list[float] | None, places: list[float] | None) -> dict[str, list[float]] | None:
    from weft_image.spline import Spline

    if points is None:
        return None
    try:
        spline = Spline(points, places)
    except InputError:
        return None
    x = [index / (CHART - 1) for index in range(CHART)]
    return {"x": x, "y": [spline(one) for one in x]}


@node("image:adjust.tone", title="Brightness, contrast, saturation")
def tone(
    image: Image,
    brightness: Annotated[float, Slider(-1, 1, 0.01)] = 0.0,
    contrast: Annotated[float, Slider(0, 4, 0.01)] = 1.0,
    saturation: Annotated[float, Slider(0, 4, 0.01)] = 1.0,
    hue: Annotated[float, Slider(-180, 180, 1)] = 0.0,
) -> Image:
    """Change brightness, contrast, saturation and hue, in this order.

    image: the pictures; the opacity stays as it is.
    brightness: added to every colour; 0 changes nothing.
    contrast: distances from middle grey are multiplied by it; 1 changes nothing.
    saturation: distances from the grey of the same luma are multiplied by it; 0 leaves grey.
    hue: degrees by which colours turn; red becomes green near 120 and blue near -120.
    """
    from weft_image.pixels import checked, colours, joined, opacity
    from weft_image.tones import toned

    checked(image)
    made = toned(colours(image), brightness, contrast, saturation, hue)
    return joined(made, opacity(image))


@node("image:adjust.match_colours", title="Match colours")
def match_colours(
    image: Image,
    reference: Image,
    method: Literal["statistics", "histogram"] = "statistics",
    amount: Unit = 1.0,
) -> Image:
    """Give pictures the colours of others, which may have another size.

    image: the pictures to change; their opacity stays as it is.
    reference: the pictures whose colours they get; one for all, or as many.
    method: statistics: mean and spread of lightness and colour (Reinhard et al. 2001, in Oklab);
        histogram: the whole distribution of red, green and blue.
    amount: how far; 1 for all the way.
    """
    import torch

    from weft_image.matching import by_histogram, by_statistics
    from weft_image.pixels import checked, colours, joined, opacity, paired

    checked(image)
    others = paired(image, checked(reference, "reference"), "image and reference", False)
    if colours(image).shape[-1] != colours(others).shape[-1]:
        raise InputError(
            "image and reference: expected both grey or both coloured, got "
            f"{image.shape[-1]} and {reference.shape[-1]} channels"
        )
    match = by_statistics if method == "statistics" else by_histogram
    made = torch.stack([match(one, other) for one, other in zip(image, others, strict=True)])
    return joined(torch.lerp(colours(image), made.clamp(0, 1), amount), opacity(image))
