import { clipboard } from "../state/copying";

/** A picture on the clipboard: browsers take PNG only. Rejects where there is no clipboard. */
export async function copyPicture(url: string): Promise<void> {
  // The clipboard must be asked while the click still counts; the picture may follow.
  await clipboard().write([new ClipboardItem({ "image/png": pngOf(url) })]);
}

async function pngOf(url: string): Promise<Blob> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${response.status} ${response.statusText}`);
  const blob = await response.blob();
  if (blob.type === "image/png") return blob;
  const bitmap = await createImageBitmap(blob);
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  canvas.getContext("2d")?.drawImage(bitmap, 0, 0);
  bitmap.close();
  return canvas.convertToBlob({ type: "image/png" });
}
