/** A socket: a real button, which the pointer pulls links from and the keyboard opens. */

import { Handle, Position } from "@xyflow/react";
import { memo } from "react";
import { useStore } from "zustand";
import { colourClass, shapeOf } from "../document/kinds";
import type { Socket } from "../document/sockets";
import { useT } from "../i18n";
import { gesture } from "./gesture";

interface Props {
  readonly node: string;
  readonly side: "in" | "out";
  readonly socket: Socket;
  /** What it is connected to, in words; empty where to nothing. */
  readonly connected: string;
  /** Whether a run needs something here that is not there. */
  readonly needed: boolean;
  readonly y: number;
}

export const SocketButton = memo(function SocketButton(props: Props) {
  const { node, side, socket, connected, needed, y } = props;
  const t = useT();
  const key = `${node}.${socket.name}`;
  const fit = useStore(gesture, ({ pulled }) => {
    if (!pulled) return "";
    return pulled.side !== side && pulled.fits.has(key) ? "fits" : "dim";
  });
  const state = connected
    ? t("canvas.socket.connected", { to: connected })
    : t(needed ? "canvas.socket.needed" : "canvas.socket.free");
  const label = t("canvas.socket.name", {
    name: socket.name,
    side: t(side === "in" ? "canvas.side.in" : "canvas.side.out"),
    kind: socket.kind,
    state,
  });
  // React Flow looks for the side among the classes of what the pointer is on.
  const classes = ["socket", side === "in" ? "target" : "source", `shape-${shapeOf(socket.kind)}`];
  classes.push(`kind-${colourClass(socket.kind)}`);
  if (fit) classes.push(`is-${fit}`);
  if (connected) classes.push("is-connected");
  if (needed) classes.push("is-needed");
  return (
    <Handle
      id={`${side}:${socket.name}`}
      type={side === "in" ? "target" : "source"}
      position={side === "in" ? Position.Left : Position.Right}
      className="socket-handle"
      style={{ top: y }}
    >
      <button
        type="button"
        className={classes.join(" ")}
        data-socket={key}
        data-side={side}
        tabIndex={-1}
        aria-label={label}
        title={`${socket.name} · ${socket.kind}`}
        onClick={(event) => {
          // A pull ends with a click too; only the keyboard's has no place.
          if (event.detail === 0) openMenu(node, side, socket.name);
        }}
      >
        <span className="socket-dot" />
      </button>
    </Handle>
  );
});

/** Where the links of a socket end that is not shown. */
export function LinkEnd({ side, name, y }: { side: "in" | "out"; name: string; y: number }) {
  return (
    <Handle
      id={`${side}:${name}`}
      type={side === "in" ? "target" : "source"}
      position={side === "in" ? Position.Left : Position.Right}
      className="socket-handle is-folded"
      style={{ top: y }}
      isConnectable={false}
      aria-hidden="true"
    />
  );
}

export function openMenu(node: string, side: "in" | "out", socket: string): void {
  gesture.setState({ menu: { end: { node, socket }, side } });
}
