/** What the viewer and the mask painter are given. */

import type { Json } from "../document/json";

export interface Picture {
  /** Unique among the pictures shown together. */
  readonly id: string;
  readonly url: string;
  /** A file name, shown and saved as it is. */
  readonly name: string;
  readonly thumbnail?: string | null;
  readonly width?: number | null;
  readonly height?: number | null;
  readonly bytes?: number | null;
  readonly mime?: string | null;
  /** The node that made it. */
  readonly node?: string;
  readonly seed?: Json;
  readonly parameters?: Readonly<Record<string, Json>>;
  /** Seconds since 1970. */
  readonly created?: number | null;
}

export interface ImageViewerProps {
  readonly pictures: readonly Picture[];
  /** Which is shown first. */
  readonly index: number;
  onClose(): void;
  onIndex?(index: number): void;
  /** Offered where the workflow behind a picture is known. */
  onOpenWorkflow?(picture: Picture): void;
}

export interface MaskPainterProps {
  /** The picture to paint on; the mask has its exact size. */
  readonly source: string;
  readonly name: string;
  /** A mask to go on with: what is bright and opaque is selected. */
  readonly initial?: string;
  /** A PNG of one grey channel, white where it is selected. A rejection is shown. */
  onSave(mask: Blob): void | Promise<void>;
  onClose(): void;
}
