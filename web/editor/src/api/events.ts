/** What the server tells as it happens, over one WebSocket that comes back by itself. */

import type { EventView, PreviewHead } from "./types";

export interface Listener {
  events(list: readonly EventView[]): void;
  preview(head: PreviewHead, picture: Blob): void;
  status(status: "open" | "lost"): void;
  /** The connection is back after a loss: what the server has may be another than before. */
  back(): void;
}

const SHORTEST = 500;
/** What a preview may be: whatever else it says it is, its address opens as no page. */
const PICTURES = ["image/png", "image/jpeg", "image/webp"];
const LONGEST = 10_000;

export class EventStream {
  #socket: WebSocket | null = null;
  #last: number | null = null;
  #wait = SHORTEST;
  #lostOnce = false;
  #timer = 0;
  #closed = false;

  constructor(
    private readonly listener: Listener,
    private readonly url = defaultUrl(),
  ) {}

  open(): void {
    this.#closed = false;
    const since = this.#last === null ? "" : `&since=${this.#last}`;
    const socket = new WebSocket(`${this.url}?previews=true${since}`);
    socket.binaryType = "arraybuffer";
    socket.onopen = () => {
      this.#wait = SHORTEST;
      this.listener.status("open");
      if (this.#lostOnce) this.listener.back();
      this.#lostOnce = false;
    };
    socket.onmessage = ({ data }) => {
      if (typeof data === "string") this.#take(JSON.parse(data) as EventView[]);
      else this.#picture(data as ArrayBuffer);
    };
    socket.onclose = () => this.#lost(socket);
    this.#socket = socket;
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#socket?.close();
  }

  #take(events: readonly EventView[]): void {
    for (const one of events) {
      if (one.number !== null) this.#last = one.number;
      // All up to there was told; the numbering may be another server's.
      else if (one.event === "connected") this.#last = Number(one.data.last ?? 0);
    }
    this.listener.events(events);
  }

  #picture(data: ArrayBuffer): void {
    const size = new DataView(data).getUint32(0);
    const head = JSON.parse(new TextDecoder().decode(new Uint8Array(data, 4, size))) as PreviewHead;
    const type = PICTURES.includes(head.mime) ? head.mime : "application/octet-stream";
    this.listener.preview(head, new Blob([data.slice(4 + size)], { type }));
  }

  #lost(socket: WebSocket): void {
    if (this.#closed || socket !== this.#socket) return;
    this.listener.status("lost");
    this.#lostOnce = true;
    this.#timer = window.setTimeout(() => this.open(), this.#wait);
    this.#wait = Math.min(this.#wait * 2, LONGEST);
  }
}

function defaultUrl(): string {
  const url = new URL("/api/ws", window.location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return url.href;
}
