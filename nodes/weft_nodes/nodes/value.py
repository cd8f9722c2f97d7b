"""Looking at values of any kind."""

from __future__ import annotations

from typing import TypeVar

from weft import Context, node

T = TypeVar("T")


@node("value.show", lane="io")
def show(value: T, ctx: Context) -> None:
    """Show a value of any kind: pictures as pictures, everything else as a text.

    A kind says itself how it is shown; of one that does not, the fields and the shapes are.

    value: what to look at.
    """
    from weft_nodes.images.encode import encoded, pictures
    from weft_nodes.images.store import save_preview
    from weft_nodes.nodes.image_files import record_of
    from weft_nodes.shown import shown

    answer = shown(value)
    if isinstance(answer, str):
        ctx.output({"text": answer})
        return
    for picture in ctx.track(list(pictures(answer))):
        picture.thumbnail((1024, 1024))
        content = encoded(picture, "png")
        path = save_preview(ctx.output_dir, content)
        ctx.output({**record_of(path, content, picture.size, "image/png"), "preview": True})
