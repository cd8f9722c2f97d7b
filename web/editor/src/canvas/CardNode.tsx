/** A node: header, rows, picture, foot. Everything stands where `document/geometry` says. */

import type { NodeProps } from "@xyflow/react";
import { memo, type PointerEvent } from "react";
import { useStore } from "zustand";
import { shortId } from "../document/catalogue";
import * as commands from "../document/commands";
import { MAX_WIDTH, MIN_WIDTH, REROUTE_WIDTH } from "../document/geometry";
import { colourClass } from "../document/kinds";
import { SUBGRAPH } from "../document/workflow";
import { type MessageKey, useT } from "../i18n";
import { Icon } from "../panels/ui/Icon";
import { comparison } from "../state/comparison";
import { useNodeNews } from "../state/node_runs";
import { enterSubgraph, run, sealStep } from "../state/tabs";
import { openDialog, ui } from "../state/ui";
import { CardFoot } from "./CardFoot";
import { CardPreview } from "./CardPreview";
import { CardRow } from "./CardRow";
import { getFlow } from "./camera";
import type { CardElement } from "./elements";
import { gesture } from "./gesture";
import { type Card, model } from "./model";
import { LinkEnd, SocketButton } from "./Socket";
import { track } from "./tracking";

export const CardNode = memo(function CardNode({ id, selected }: NodeProps<CardElement>) {
  const card = useStore(model, (state) => state.cards.get(id));
  return card ? <Body card={card} selected={selected === true} /> : null;
});

function Body({ card, selected }: { card: Card; selected: boolean }) {
  const t = useT();
  const { id, node, size, sockets } = card;
  const news = useNodeNews(id);
  const mark = useStore(comparison, (state) => state.marks[id]);
  const current = useStore(gesture, (state) => state.current === id);
  const state = news.run?.state;
  const classes = ["card"];
  if (selected) classes.push("is-selected");
  if (state) classes.push(`is-${state}`);
  if (node.mode) classes.push(`is-${node.mode}`);
  if (!sockets.known) classes.push("is-missing");
  if (size.width === REROUTE_WIDTH) classes.push("is-corner");
  if (mark) classes.push(`is-${mark}`);
  if (card.problems.length > 0) classes.push("has-problems");
  const words = stateWords(card, state).map((key) => t(key));
  return (
    <div
      className={classes.join(" ")}
      data-card={id}
      role="group"
      tabIndex={current ? 0 : -1}
      aria-label={t("canvas.node.label", {
        title: sockets.title,
        type: shortId(node.type),
        state: words.map((one) => `, ${one}`).join(""),
      })}
      onFocus={() => gesture.setState({ current: id })}
    >
      <Header card={card} state={state} />
      <div className="card-resize nodrag" onPointerDown={(event) => resize(event, card)} />
      {size.rows.map((row) => (
        <CardRow key={`${row.output ?? ""}:${row.input ?? ""}`} card={card} row={row} />
      ))}
      {size.more && (
        <button
          type="button"
          className="card-more nodrag"
          style={{ top: size.more.y, height: size.more.height }}
          aria-expanded={size.more.open}
          onClick={() => run(commands.expandAdvanced(card.scope, id, !size.more?.open))}
        >
          <Icon name={size.more.open ? "chevron-up" : "chevron-down"} />
          {size.more.open ? t("canvas.less") : t("canvas.more", { count: size.more.count })}
        </button>
      )}
      {size.collapsed && <FoldedSockets card={card} />}
      {size.preview && <CardPreview card={card} news={news} band={size.preview} />}
      {size.foot && <CardFoot news={news} band={size.foot} />}
    </div>
  );
}

function stateWords(card: Card, state: string | undefined): readonly MessageKey[] {
  const words: MessageKey[] = [];
  if (!card.sockets.known) words.push("canvas.missing");
  if (card.node.mode === "mute") words.push("canvas.state.muted");
  if (card.node.mode === "bypass") words.push("canvas.state.bypassed");
  if (state) words.push(`canvas.state.${state}` as MessageKey);
  return words;
}

function Header({ card, state }: { card: Card; state: string | undefined }) {
  const t = useT();
  const { id, node, sockets } = card;
  const subgraph = node.type.startsWith(SUBGRAPH) ? node.type.slice(SUBGRAPH.length) : null;
  const kind = colourClass(sockets.outputs[0]?.kind ?? sockets.inputs[0]?.kind ?? "any");
  const enter = () => {
    if (subgraph !== null) enterSubgraph(subgraph, id);
    else openDialog({ kind: "rename-node", node: id });
  };
  return (
    <div className="card-header" onDoubleClick={enter}>
      <span className={`card-mark kind-${kind}`} aria-hidden="true" />
      <span className="card-title" title={`${sockets.title} (${shortId(node.type)})`}>
        {sockets.title}
      </span>
      {!sockets.known && <span className="card-badge">{t("canvas.missing")}</span>}
      {node.mode === "mute" && <Icon name="mute" />}
      {node.mode === "bypass" && <Icon name="bypass" />}
      {subgraph !== null && (
        <button
          type="button"
          className="card-enter nodrag"
          tabIndex={-1}
          aria-label={t("canvas.enter", { name: subgraph })}
          onClick={enter}
        >
          <Icon name="chevron-right" />
        </button>
      )}
      <StateIcon card={card} state={state} />
    </div>
  );
}

function StateIcon({ card, state }: { card: Card; state: string | undefined }) {
  const t = useT();
  const failed = state === "failed" || card.problems.length > 0;
  if (failed)
    return (
      <button
        type="button"
        className="card-state is-failed nodrag"
        tabIndex={-1}
        aria-label={t("canvas.problems", { count: Math.max(1, card.problems.length) })}
        onClick={() => ui.setState({ inspector: true })}
      >
        <Icon name="error" />
      </button>
    );
  if (state === "running") return <span className="card-state is-running" aria-hidden="true" />;
  if (state === "ran" || state === "cached")
    return (
      <span className="card-state is-done" aria-hidden="true">
        <Icon name="check" />
      </span>
    );
  return null;
}

/** A collapsed node keeps its sockets, one above the other on the header's edge. */
function FoldedSockets({ card }: { card: Card }) {
  const { node, sockets, size, id } = card;
  const input = sockets.inputs.find(({ name }) => name in node.links) ?? sockets.inputs[0];
  const output = sockets.outputs.find(({ name }) => card.used.includes(name)) ?? sockets.outputs[0];
  const y = (size.sockets[0]?.y ?? 15) - 13;
  const place = { node: id, needed: false, y } as const;
  const source = input && input.name in node.links ? (card.sources[input.name] ?? "?") : "";
  const used = output !== undefined && card.used.includes(output.name);
  // The others are no buttons, but their links end here too.
  const inputs = sockets.inputs.filter((one) => one !== input && one.name in node.links);
  const outputs = sockets.outputs.filter((one) => one !== output && card.used.includes(one.name));
  return (
    <>
      {inputs.map(({ name }) => (
        <LinkEnd key={name} side="in" name={name} y={y} />
      ))}
      {outputs.map(({ name }) => (
        <LinkEnd key={name} side="out" name={name} y={y} />
      ))}
      {input && <SocketButton {...place} side="in" socket={input} connected={source} />}
      {output && <SocketButton {...place} side="out" socket={output} connected={used ? "…" : ""} />}
    </>
  );
}

function resize(down: PointerEvent<HTMLDivElement>, card: Card): void {
  down.stopPropagation();
  const resized = (dx: number) => {
    const wanted = card.size.width + dx / (getFlow()?.getZoom() ?? 1);
    const width = Math.round(Math.min(MAX_WIDTH, Math.max(MIN_WIDTH, wanted)) / 10) * 10;
    run(commands.resizeNode(card.scope, card.id, width, "resize"));
  };
  track(down, resized, sealStep);
}
