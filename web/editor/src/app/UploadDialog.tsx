/** An uploaded picture, large. */

import { uploadUrl } from "../api/client";
import type { Dialog } from "../state/ui";
import ImageViewer from "../viewer/ImageViewer";

interface Props {
  readonly dialog: Extract<Dialog, { kind: "upload" }>;
  onClose(): void;
}

export default function UploadDialog({ dialog, onClose }: Props) {
  const { upload } = dialog;
  return (
    <ImageViewer
      pictures={[{ id: upload, url: uploadUrl(upload), name: upload }]}
      index={0}
      onClose={onClose}
    />
  );
}
