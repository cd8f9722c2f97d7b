import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { EventStream } from "../../src/api/events";

class Socket {
  static all: Socket[] = [];
  onopen = () => undefined;
  onclose = () => undefined;
  onmessage = (_: { data: string }) => undefined;
  constructor(readonly url: string) {
    Socket.all.push(this);
  }
  close() {}
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("WebSocket", Socket);
  vi.stubGlobal("window", globalThis);
  Socket.all = [];
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it("reads anew when the connection is back, not while it is being tried", () => {
  let back = 0;
  const listener = { events: () => undefined, preview: () => undefined, status: () => undefined };
  const stream = new EventStream({ ...listener, back: () => back++ }, "ws://here");
  stream.open();
  const last = () => Socket.all.at(-1) as Socket;
  last().onopen();
  last().onmessage({ data: '[{"number":7,"job":"j","time":1,"event":"started","data":{}}]' });
  last().onclose();
  vi.advanceTimersByTime(500);
  expect(last().url).toContain("since=7");
  last().onclose();
  vi.advanceTimersByTime(1000);
  expect(back).toBe(0);
  last().onopen();
  expect(back).toBe(1);
  // A server with another data folder counts anew.
  last().onmessage({
    data: '[{"number":null,"job":"","time":1,"event":"connected","data":{"last":3}}]',
  });
  last().onclose();
  vi.advanceTimersByTime(500);
  expect(last().url).toContain("since=3");
});
