/** Where a popover goes: below what it belongs to, above where there is more room, never outside. */

export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

export interface Placed {
  readonly left: number;
  readonly top: number;
  readonly maxHeight: number;
}

const GAP = 4;
const MARGIN = 8;

export function place(
  anchor: Box,
  size: { readonly width: number; readonly height: number },
  view: { readonly width: number; readonly height: number },
): Placed {
  const below = view.height - MARGIN - (anchor.top + anchor.height + GAP);
  const above = anchor.top - GAP - MARGIN;
  const under = below >= size.height || below >= above;
  const maxHeight = Math.max(0, Math.min(under ? below : above, view.height - 2 * MARGIN));
  const height = Math.min(size.height, maxHeight);
  const top = under ? anchor.top + anchor.height + GAP : anchor.top - GAP - height;
  const most = view.width - MARGIN - size.width;
  return {
    left: Math.max(MARGIN, Math.min(anchor.left, most)),
    top: Math.max(MARGIN, Math.min(top, view.height - MARGIN - height)),
    maxHeight,
  };
}
