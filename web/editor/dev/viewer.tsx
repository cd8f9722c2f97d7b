/** The viewer (?) and the mask painter (?mask) on drawn pictures, for looking at. Not of the build. */

import { createRoot } from "react-dom/client";
import { type Language, setLanguage } from "../src/i18n";
import type { Picture } from "../src/viewer/contract";
import ImageViewer from "../src/viewer/ImageViewer";
import MaskPainter from "../src/viewer/MaskPainter";

const query = new URLSearchParams(location.search);
document.documentElement.dataset.theme = query.get("theme") === "light" ? "light" : "dark";
await setLanguage((query.get("language") ?? "en") as Language);

function drawn(width: number, height: number, hue: number, clear: boolean): Promise<Blob> {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d") as OffscreenCanvasRenderingContext2D;
  if (!clear) {
    const sky = context.createLinearGradient(0, 0, 0, height);
    sky.addColorStop(0, `hsl(${hue} 50% 70%)`);
    sky.addColorStop(1, `hsl(${hue + 60} 40% 40%)`);
    context.fillStyle = sky;
    context.fillRect(0, 0, width, height);
  }
  context.fillStyle = `hsl(${hue + 180} 70% 55%)`;
  context.beginPath();
  context.arc(width * 0.4, height * 0.45, Math.min(width, height) * 0.25, 0, 7);
  context.fill();
  context.fillStyle = `hsl(${hue + 120} 60% 45% / 0.7)`;
  context.fillRect(width * 0.55, height * 0.5, width * 0.3, height * 0.35);
  return canvas.convertToBlob();
}

async function pictures(): Promise<Picture[]> {
  const sizes = [
    [768, 512],
    [768, 512],
    [512, 768],
    [64, 64],
    [768, 512],
  ] as const;
  return Promise.all(
    sizes.map(async ([width, height], index) => {
      const blob = await drawn(width, height, index * 70, index === 3);
      return {
        id: String(index),
        url: URL.createObjectURL(blob),
        name: `weft_0000${index}_a rather long file name.png`,
        width,
        height,
        bytes: blob.size,
        mime: "image/png",
        node: "image.save",
        seed: 18446744073709551615n,
        parameters: { prompt: "a large red circle above <b>a small</b> blue square", steps: 20 },
        created: 1760000000,
      };
    }),
  );
}

const all = await pictures();
const root = createRoot(document.getElementById("root") as HTMLElement);
const close = () => root.render(<p>closed</p>);
if (query.has("mask"))
  root.render(
    <MaskPainter
      source={all[Number(query.get("mask"))]?.url ?? ""}
      name={all[0]?.name ?? ""}
      onSave={async (blob) => {
        Object.assign(window, { saved: [...new Uint8Array(await blob.arrayBuffer())] });
        close();
      }}
      onClose={close}
    />,
  );
else
  root.render(
    <ImageViewer
      pictures={all}
      index={0}
      onClose={close}
      onOpenWorkflow={(picture) => Object.assign(window, { opened: picture.id })}
    />,
  );
