/** The canvas: React Flow shows what is near, and gestures become commands. */

import {
  Background,
  BackgroundVariant,
  type Connection,
  type FinalConnectionState,
  type NodeChange,
  type OnConnectStartParams,
  PanOnScrollMode,
  ReactFlow,
  ReactFlowProvider,
  SelectionMode,
  useReactFlow,
  useStoreApi,
  type Viewport,
} from "@xyflow/react";
import {
  type DragEvent,
  type MouseEvent,
  useCallback,
  useEffect,
  useMemo,
  useRef,
  useState,
} from "react";
import { useStore } from "zustand";
import * as commands from "../document/commands";
import { useT } from "../i18n";
import { useSelection, useTab } from "../state/hooks";
import { activeTab, run, scopeOf, select, setViewport, tabById, viewportOf } from "../state/tabs";
import { CardNode } from "./CardNode";
import { ConnectMenu } from "./ConnectMenu";
import { frame, setFlow, ZOOM } from "./camera";
import { openContextMenu } from "./context_menu";
import { approach, mountRect, type Rect, shownRect } from "./culling";
import { acceptDrop } from "./dropping";
import { EmptyCanvas } from "./EmptyCanvas";
import { type Element, Elements, type LinkElement, nearest } from "./elements";
import { GhostNode } from "./GhostNode";
import { GroupBox } from "./GroupBox";
import { gesture } from "./gesture";
import { useGhosts } from "./ghosts";
import { onCanvasKey } from "./keyboard";
import { LinkEdge } from "./LinkEdge";
import type { Point } from "./layout";
import * as linking from "./linking";
import { kindOf } from "./linking";
import { model } from "./model";
import { dragTo, drop, snapped } from "./moving";
import { NoteNode } from "./NoteNode";
import { Overview } from "./Overview";
import { PulledLine } from "./PulledLine";
import { RefusalNote } from "./RefusalNote";
import { StubNode } from "./StubNode";
import "@xyflow/react/dist/base.css";
import "./canvas.css";

const NODE_TYPES = {
  card: CardNode,
  stub: StubNode,
  note: NoteNode,
  "group-box": GroupBox,
  ghost: GhostNode,
};
const EDGE_TYPES = { link: LinkEdge };
/** Below this zoom nothing can be read, so nothing is mounted. */
const AFAR = 0.4;
/** How long the wheel must rest, in milliseconds, before what came into sight is mounted. */
const REST = 100;
const NONE: readonly string[] = [];

export default function Canvas() {
  return (
    <ReactFlowProvider>
      <Flow />
    </ReactFlowProvider>
  );
}

function Flow() {
  const t = useT();
  const tab = useTab();
  const scope = scopeOf(tab.path);
  const pane = useRef<HTMLDivElement>(null);
  const size = useSize(pane);
  const { nodes, edges, onViewport, afar, receding } = useElements(size);
  const drag = useDragging();
  const link = useLinkGestures();
  const flow = useReactFlow<Element, LinkElement>();
  useEffect(() => {
    setFlow(flow);
    return () => setFlow(null);
  }, [flow]);
  useViewportOf(tab.id, scope, size, onViewport);
  const count = useStore(model, (state) => state.cards.size);
  const onMoveEnd = useCallback(
    (_: unknown, viewport: Viewport) => setViewport(tab.id, scope, viewport),
    [tab.id, scope],
  );

  return (
    <div
      ref={pane}
      className={afar ? "canvas is-afar" : "canvas"}
      data-canvas
      role="application"
      aria-label={t("canvas.label", { count })}
      tabIndex={0}
      onKeyDown={onCanvasKey}
      onDoubleClick={openSearchAt}
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event: DragEvent) => void acceptDrop(event)}
    >
      {(afar || receding) && <Overview width={size.width} height={size.height} />}
      <ReactFlow<Element, LinkElement>
        nodes={nodes}
        edges={edges}
        nodeTypes={NODE_TYPES}
        edgeTypes={EDGE_TYPES}
        onNodesChange={drag.onNodesChange}
        onNodeDragStart={drag.onStart}
        onNodeDragStop={drop}
        onSelectionDragStart={drag.onStart}
        onSelectionDragStop={drop}
        onMove={onViewport}
        onMoveEnd={onMoveEnd}
        onConnect={link.onConnect}
        onConnectStart={link.onStart}
        onConnectEnd={link.onEnd}
        onReconnect={link.onReconnect}
        onReconnectStart={link.onReconnectStart}
        onReconnectEnd={link.onReconnectEnd}
        isValidConnection={link.isValid}
        onEdgeClick={(_, edge) => {
          select([]);
          gesture.setState({ link: edge.id });
        }}
        onEdgeDoubleClick={(event, edge) => insertReroute(event, edge, flow)}
        onPaneClick={(event) => onPaneClick(event, afar)}
        onNodeContextMenu={openContextMenu}
        onPaneContextMenu={openContextMenu}
        onEdgeContextMenu={openContextMenu}
        connectionLineComponent={PulledLine}
        connectionRadius={14}
        minZoom={ZOOM.least}
        maxZoom={ZOOM.most}
        panOnScroll={false}
        panOnScrollMode={PanOnScrollMode.Free}
        panOnDrag={[0, 1]}
        selectionKeyCode="Shift"
        multiSelectionKeyCode={["Shift", "Meta", "Control"]}
        selectionMode={SelectionMode.Partial}
        panActivationKeyCode="Space"
        deleteKeyCode={null}
        disableKeyboardA11y
        nodesFocusable={false}
        edgesFocusable={false}
        zoomOnDoubleClick={false}
        elevateNodesOnSelect={false}
        nodeDragThreshold={2}
        proOptions={{ hideAttribution: true }}
      >
        {!afar && <Background variant={BackgroundVariant.Dots} gap={20} size={1.5} />}
      </ReactFlow>
      {count === 0 && <EmptyCanvas />}
      <ConnectMenu />
      <RefusalNote />
    </div>
  );
}

function useElements(size: { width: number; height: number }) {
  const shown = useStore(model);
  const moved = useStore(gesture, (state) => state.moved);
  const held = useStore(gesture, (state) => state.held);
  const link = useStore(gesture, (state) => state.link);
  const selection = useSelection();
  const [mounted, setMounted] = useState<Rect | null>(null);
  const [afar, setAfar] = useState(false);
  const maker = useRef(new Elements());
  const mount = useCallback(
    (view: Viewport) =>
      setMounted((old) => mountRect(shownRect(view, size.width, size.height), view.zoom, old)),
    [size],
  );
  const { receding, recedes } = useReceding(mount);
  const onViewport = useCallback(
    (event: unknown, view: Viewport) => {
      if (size.width === 0) return;
      setAfar(view.zoom < AFAR);
      if (!recedes(event !== null, view)) mount(view);
    },
    [size, mount, recedes],
  );
  const { layout } = shown;
  const wanted = useMemo(
    () => (afar || mounted === null ? NONE : nearest(layout, mounted, { moved, held })),
    [afar, mounted, layout, moved, held],
  );
  const near = useSlices(wanted);
  const ghosts = useGhosts();
  const elements = useMemo(() => {
    const { graph, links } = shown;
    const outputKind = (from: { node: string; socket: string }) => kindOf(from, "out");
    const drag = { moved, held, selection, link };
    const wish = { graph, layout, links, kindOf: outputKind, near, ghosts, ...drag };
    return maker.current.make({ ...wish, mounted: afar ? null : mounted });
  }, [shown, layout, mounted, afar, near, moved, held, selection, link, ghosts]);
  return { ...elements, onViewport, afar, receding };
}

/**
 * Whether somebody zooms out just now. Every frame of that draws all cards anew, so none is mounted
 * until it rests; the plain boxes of the view from afar stand in for those that come into sight.
 */
function useReceding(rested: (view: Viewport) => void) {
  const [receding, setReceding] = useState(false);
  const zoom = useRef(0);
  const timer = useRef<number | undefined>(undefined);
  useEffect(() => () => window.clearTimeout(timer.current), []);
  const recedes = useCallback(
    (byHand: boolean, view: Viewport): boolean => {
      const out = byHand && view.zoom < zoom.current;
      zoom.current = view.zoom;
      window.clearTimeout(timer.current);
      if (!out) {
        // Any other movement ends it, and what is shown then is not what it left.
        setReceding(false);
        return false;
      }
      timer.current = window.setTimeout(() => {
        setReceding(false);
        rested(view);
      }, REST);
      setReceding(true);
      return true;
    },
    [rested],
  );
  return { receding, recedes };
}

/** What is mounted, which follows what should be a few nodes a frame. */
function useSlices(wanted: readonly string[]): ReadonlySet<string> {
  const [mounted, setMounted] = useState<ReadonlySet<string>>(() => new Set());
  useEffect(() => {
    if (approach(mounted, wanted) === mounted) return;
    const frame = requestAnimationFrame(() => setMounted((old) => approach(old, wanted)));
    return () => cancelAnimationFrame(frame);
  }, [mounted, wanted]);
  return mounted;
}

function useSize(of: React.RefObject<HTMLElement | null>) {
  const [size, setSize] = useState({ width: 0, height: 0 });
  useEffect(() => {
    const element = of.current;
    if (!element) return;
    const watch = new ResizeObserver(() =>
      setSize({ width: element.clientWidth, height: element.clientHeight }),
    );
    watch.observe(element);
    return () => watch.disconnect();
  }, [of]);
  return size;
}

/** Each tab, and each subgraph in it, is shown where it was left. */
function useViewportOf(
  tab: string,
  scope: string | null,
  size: { width: number },
  onViewport: (_: unknown, view: Viewport) => void,
): void {
  const flow = useReactFlow<Element, LinkElement>();
  const shown = useRef("");
  useEffect(() => {
    if (size.width === 0) return;
    const place = `${tab} ${scope ?? ""}`;
    if (shown.current !== place) {
      shown.current = place;
      const found = viewportOf(tabById(tab), scope);
      if (found) void flow.setViewport(found);
      else frame(undefined, 0);
    }
    onViewport(null, flow.getViewport());
  }, [tab, scope, flow, size, onViewport]);
}

function useDragging() {
  const starts = useRef(new Map<string, Point>());
  const store = useStoreApi();
  const onNodesChange = useCallback(
    (changes: NodeChange<Element>[]) => {
      const positions = new Map<string, Point>();
      let chosen: Set<string> | null = null;
      for (const one of changes) {
        if (one.type === "position" && one.position && one.dragging)
          positions.set(one.id, snapped([one.position.x, one.position.y]));
        if (one.type === "select") {
          chosen ??= keptSelection(store.getState());
          if (one.selected) chosen.add(one.id);
          else chosen.delete(one.id);
        }
      }
      if (positions.size > 0) dragTo(positions, starts.current);
      if (chosen) {
        select(chosen);
        if (chosen.size > 0) gesture.setState({ link: null });
      }
    },
    [store],
  );
  const onStart = useCallback((_: unknown, first: Element | Element[], all?: Element[]) => {
    const list = all ?? (Array.isArray(first) ? first : [first]);
    starts.current = new Map(list.map(({ id, position }) => [id, [position.x, position.y]]));
  }, []);
  return { onNodesChange, onStart };
}

/** What stays selected: React Flow takes back what it knows of, which is what is mounted. */
function keptSelection(flow: ReturnType<ReturnType<typeof useStoreApi>["getState"]>): Set<string> {
  const all = [...(activeTab()?.selection ?? [])];
  return new Set(flow.multiSelectionActive ? all : all.filter((id) => flow.nodeLookup.has(id)));
}

function useLinkGestures() {
  return useMemo(() => {
    let moving: LinkElement | null = null;
    const onStart = (_: unknown, params: OnConnectStartParams) => {
      const end = endOf(params.nodeId, params.handleId);
      if (end) linking.pullAt(end, params.handleType === "source" ? "out" : "in");
    };
    const onEnd = (event: globalThis.MouseEvent | TouchEvent, state: FinalConnectionState) => {
      const pulled = gesture.getState().pulled;
      linking.endPull();
      if (!pulled || moving || state.isValid) return;
      if (pulled.moves) linking.dropMoved(pulled.moves, pulled.end, under(event), screenOf(event));
      else dropped(event, pulled.end, pulled.side);
    };
    return {
      onStart,
      onEnd,
      onConnect: (one: Connection) => {
        const from = endOf(one.source, one.sourceHandle);
        const to = endOf(one.target, one.targetHandle);
        if (from && to) linking.link(from, "out", to, { x: 0, y: 0 });
      },
      isValid: (one: Connection | LinkElement) => {
        const from = endOf(one.source, one.sourceHandle ?? null);
        const to = endOf(one.target, one.targetHandle ?? null);
        const pulled = gesture.getState().pulled;
        // A link that is pulled off a socket is no new one: where it goes is seen when it is dropped.
        if (!from || !to || !pulled || pulled.moves) return false;
        const other = pulled.side === "out" ? to : from;
        return pulled.fits.has(`${other.node}.${other.socket}`);
      },
      onReconnectStart: (_: unknown, edge: LinkElement, side: "source" | "target") => {
        moving = edge;
        if (!edge.data) return;
        // The handle that stays: a link's source end is pulled away from its target, and back.
        if (side === "source") linking.beginPull(edge.data.from, "out");
        else linking.beginPull(edge.data.to, "in");
      },
      onReconnect: (edge: LinkElement, one: Connection) => {
        const from = endOf(one.source, one.sourceHandle);
        const to = endOf(one.target, one.targetHandle);
        if (edge.data && from && to) moveLink(edge.data.to, from, to);
      },
      onReconnectEnd: (
        event: globalThis.MouseEvent | TouchEvent,
        edge: LinkElement,
        _: unknown,
        state: FinalConnectionState,
      ) => {
        const pulled = gesture.getState().pulled;
        moving = null;
        linking.endPull();
        if (state.isValid || !edge.data || !pulled) return;
        const node = nodeUnder(event);
        if (node !== null) linking.dropOnNode(pulled.end, pulled.side, node, screenOf(event));
        else linking.disconnect(edge.data.to);
      },
    };
  }, []);
}

function moveLink(old: { node: string; socket: string }, from: Ends, to: Ends): void {
  const moved = old.node !== to.node || old.socket !== to.socket ? { to } : { from };
  run(commands.moveLinkEnd(model.getState().scope, old, moved));
}

type Ends = { node: string; socket: string };

function endOf(node: string | null, handle: string | null | undefined): Ends | null {
  return node && handle ? { node, socket: handle.slice(handle.indexOf(":") + 1) } : null;
}

function dropped(event: globalThis.MouseEvent | TouchEvent, end: Ends, side: "in" | "out"): void {
  const screen = screenOf(event);
  const under = document.elementFromPoint(screen.x, screen.y);
  const socket = under?.closest<HTMLElement>("[data-socket]");
  const card = under?.closest<HTMLElement>("[data-card]");
  if (socket?.dataset.socket && socket.dataset.side !== side) {
    const at = socket.dataset.socket.lastIndexOf(".");
    const other = {
      node: socket.dataset.socket.slice(0, at),
      socket: socket.dataset.socket.slice(at + 1),
    };
    linking.link(end, side, other, screen);
  } else if (card?.dataset.card) {
    if (card.dataset.card !== end.node) linking.dropOnNode(end, side, card.dataset.card, screen);
  } else if (under?.closest("[data-canvas]")) linking.dropOnCanvas(end, side, screen);
}

/** The node and the input under the pointer. */
function under(event: globalThis.MouseEvent | TouchEvent): linking.Dropped {
  const { x, y } = screenOf(event);
  const element = document.elementFromPoint(x, y);
  const card = element?.closest<HTMLElement>("[data-card]");
  const socket = element?.closest<HTMLElement>('[data-socket][data-side="in"]');
  const path = socket?.dataset.socket ?? null;
  return {
    node: card?.dataset.card ?? null,
    socket: path === null ? null : path.slice(path.lastIndexOf(".") + 1),
  };
}

function nodeUnder(event: globalThis.MouseEvent | TouchEvent): string | null {
  const { x, y } = screenOf(event);
  const card = document.elementFromPoint(x, y)?.closest<HTMLElement>("[data-card]");
  return card?.dataset.card ?? null;
}

function screenOf(event: globalThis.MouseEvent | TouchEvent): linking.Screen {
  const point = "changedTouches" in event ? event.changedTouches[0] : event;
  return { x: point?.clientX ?? 0, y: point?.clientY ?? 0 };
}

function openSearchAt(event: MouseEvent): void {
  const target = event.target as HTMLElement;
  if (!target.classList.contains("react-flow__pane")) return;
  linking.searchAt({ x: event.clientX, y: event.clientY });
}

function onPaneClick(event: MouseEvent, afar: boolean): void {
  gesture.setState({ link: null, refusal: null, menu: null });
  const hit = afar ? linking.nodeAt({ x: event.clientX, y: event.clientY }) : null;
  select(hit === null ? [] : [hit]);
}

function insertReroute(
  event: MouseEvent,
  edge: LinkElement,
  flow: ReturnType<typeof useReactFlow<Element, LinkElement>>,
): void {
  if (!edge.data) return;
  const at = flow.screenToFlowPosition({ x: event.clientX, y: event.clientY });
  linking.reroute(edge.data.to, at);
}
