"""Nodes that write on pictures and lay them out."""

from __future__ import annotations

from typing import Annotated, Literal

from weft import Advanced, Choices, Context, Image, Range, Slider, Text, node

Anchor = Literal[
    "top left",
    "top",
    "top right",
    "left",
    "middle",
    "right",
    "bottom left",
    "bottom",
    "bottom right",
]
Font = Annotated[str, Choices.uploads(), Advanced()]
Share = Annotated[float, Slider(0, 1, 0.005), Advanced()]


@node("image:draw.text", title="Text on image")
def text(
    image: Image,
    ctx: Context,
    text: Annotated[str, Text(multiline=True)] = "Weft",
    size: Annotated[int, Range(4, 2048)] = 32,
    anchor: Anchor = "bottom",
    colour: str = "white",
    outline: Annotated[int, Range(0, 256)] = 0,
    outline_colour: str = "black",
    box: str = "",
    margin: Annotated[int, Range(0, 4096)] = 16,
    wrap: bool = True,
    align: Annotated[Literal["left", "centre", "right"], Advanced()] = "centre",
    x: Share | None = None,
    y: Share | None = None,
    spacing: Annotated[float, Range(0.5, 4, 0.05), Advanced()] = 1.0,
    font: Font = "",
) -> Image:
    """Write on pictures, the same on each of a batch.

    image: the pictures.
    text: what is written; its own line breaks are kept.
    size: of the letters in pixels.
    anchor: where in the picture it stands; also which point of the text x and y place.
    colour: by name, as #rrggbb, or as #rrggbbaa to let the picture through.
    outline: thickness in pixels of a line around the letters.
    outline_colour: its colour.
    box: the colour of a box behind the text; empty for none.
    margin: pixels that stay free along the edges of the picture.
    wrap: whether lines that are too long for the picture are broken.
    align: how lines stand in the text's own box.
    x: where the text's anchor lies across the picture, 0 left to 1 right; empty for its own place.
    y: where it lies down the picture, 0 top to 1 bottom; empty for its own place.
    spacing: from line to line, in heights of a line.
    font: a TrueType or OpenType file, by path, or in a server an uploaded one; empty for DejaVu
        Sans, which has Latin, Greek, Cyrillic, Hebrew, Arabic and many signs.
    """
    from weft_image.lettering import font_of, laid_out
    from weft_image.pixels import checked
    from weft_image.writing import boxed, corner, painted

    made = checked(image).clamp(0, 1)
    if not text.strip():
        return made
    area = image.shape[2], image.shape[1]
    room = max(1, area[0] - 2 * margin) if wrap else None
    letters = font_of(ctx.input_file(font) if font else None, size)
    block = laid_out(text, letters, align, room, spacing)
    left, top = corner(block, area, anchor, (x, y), margin)
    if box:
        made = painted(made, boxed(block, area, left, top, size // 3 + outline), box, "box")
    if outline:
        around = block.coverage(area, left, top, outline)
        made = painted(made, around, outline_colour, "outline_colour")
    return painted(made, block.coverage(area, left, top), colour)


@node("image:draw.contact_sheet", title="Contact sheet")
def contact_sheet(
    images: list[Image] | Image,
    ctx: Context,
    columns: Annotated[int, Range(1, 1000)] | None = None,
    cell: Annotated[int, Range(16, 4096)] = 256,
    captions: list[str] | None = None,
    numbers: bool = False,
    title: str = "",
    gap: Annotated[int, Range(0, 1024), Advanced()] = 12,
    letters: Annotated[int, Range(8, 128), Advanced()] = 15,
    background: Annotated[str, Advanced()] = "#26262b",
    font: Font = "",
) -> Image:
    """Lay pictures of any sizes out in cells of one size, with captions, numbers and a title.

    Where all pictures should keep their own pixels, "Image grid" is the node. Transparent pictures
    lie on a checkerboard.

    images: the pictures, row by row; each is scaled to just fit its cell.
    columns: how many in a row; empty for about as many as rows.
    cell: width and height of a cell in pixels.
    captions: a line under each picture, shortened to the cell; empty for none.
    numbers: count the pictures, from 1, before their captions.
    title: a line above all; empty for none.
    gap: pixels between cells and around them.
    letters: height of captions in pixels; the title is half as large again.
    background: a colour by name or as #rrggbb.
    font: a TrueType or OpenType file, by path, or in a server an uploaded one; empty for DejaVu
        Sans.
    """
    from weft_image.sheet import Look, contact_sheet, numbered

    file = ctx.input_file(font) if font else None
    look = Look(columns or 0, cell, gap, letters, background, file)
    lines = numbered(images, captions) if numbers else captions
    return contact_sheet(images, lines, title, look)
