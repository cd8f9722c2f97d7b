/** A part that failed is tried again where something else is shown in it, and not before. */

import { expect, test, vi } from "vitest";
import { ErrorBoundary } from "../../src/app/ErrorBoundary";

function failed(of: string) {
  const boundary = new ErrorBoundary({ children: "shown", of });
  boundary.state = ErrorBoundary.getDerivedStateFromError(new Error("no"));
  return { boundary, set: vi.spyOn(boundary, "setState").mockImplementation(() => {}) };
}

test("another tab is shown though the last one failed", () => {
  const { boundary, set } = failed("b");
  boundary.componentDidUpdate({ children: "shown", of: "a" });
  expect(set).toHaveBeenCalledWith({ error: null });
});

test("the same tab stays as it is", () => {
  const { boundary, set } = failed("a");
  boundary.componentDidUpdate({ children: "shown", of: "a" });
  expect(set).not.toHaveBeenCalled();
});
