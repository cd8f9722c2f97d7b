/** The picture of a node: unfinished while it works, then what it made. */

import { useT } from "../i18n";
import type { NodeNews } from "../state/node_runs";
import { runs } from "../state/runs";
import { activeTab } from "../state/tabs";
import { openDialog } from "../state/ui";
import { CardCurve } from "./CardCurve";
import { type Card, drawsCurve } from "./model";

interface Props {
  readonly card: Card;
  readonly news: NodeNews;
  readonly band: { readonly y: number; readonly height: number };
}

export function CardPreview({ card, news, band }: Props) {
  const t = useT();
  const node = card.sockets.title;
  const style = { top: band.y, height: band.height };
  const pictures = news.outputs.filter((one) => one.thumbnail);
  if (news.preview && news.run?.state === "running")
    return (
      <div className="card-preview is-live" style={style}>
        <img src={news.preview} alt={t("canvas.preview.live", { node })} draggable={false} />
      </div>
    );
  if (card.sockets.spec && drawsCurve(card.sockets.spec))
    return <CardCurve card={card} style={style} />;
  const first = pictures[0];
  return (
    <div className="card-preview" style={style}>
      {first?.thumbnail && (
        <button type="button" className="nodrag" onClick={() => open(first.node, first.index)}>
          <img
            src={`${first.thumbnail}?size=512`}
            alt={t("canvas.preview", { node })}
            draggable={false}
          />
          {pictures.length > 1 && <span className="card-count">{pictures.length}</span>}
        </button>
      )}
    </div>
  );
}

function open(node: string, index: number): void {
  const job = activeTab()?.job;
  const outputs = job ? (runs.getState().jobs[job]?.job.outputs ?? []) : [];
  const at = outputs.findIndex((one) => one.node === node && one.index === index);
  if (job && at >= 0) openDialog({ kind: "viewer", job, index: at });
}
