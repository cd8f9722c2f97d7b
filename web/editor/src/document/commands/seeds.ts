/** What becomes of seeds after a run. */

import type { Command } from "../history";
import { Float, type Json } from "../json";
import { graphIn, parseTarget, type Scope, type Workflow } from "../workflow";
import { graphDraft, onGraph, onWorkflow, scopesOf, setInView } from "./edit";

export type SeedMode = "fixed" | "random" | "increment";

const LARGEST = 2n ** 64n - 1n;

export function seedMode(w: Workflow, scope: Scope, node: string, input: string): SeedMode {
  return graphIn(w, scope)?.view.seeds?.[`${node}.${input}`] ?? "fixed";
}

export function setSeedMode(scope: Scope, node: string, input: string, mode: SeedMode): Command {
  return onGraph("setSeedMode", scope, (graph) => {
    if (node in graph.nodes)
      setInView(graph.view, "seeds", `${node}.${input}`, mode === "fixed" ? undefined : mode);
  });
}

/** Move every seed on as it is set to, in subgraphs too. Runs in a row are one step. */
export function advanceSeeds(random: () => number): Command {
  return onWorkflow(
    "advanceSeeds",
    (draft, before) => {
      for (const scope of scopesOf(before)) {
        const graph = graphDraft(draft, scope);
        for (const [key, mode] of Object.entries(graphIn(before, scope)?.view.seeds ?? {})) {
          const target = parseTarget(key);
          const node = target && graph?.nodes[target.node];
          if (!node || target.socket in node.links) continue;
          const next = mode === "random" ? random() : following(node.values[target.socket] ?? 0);
          if (next !== undefined) node.values[target.socket] = next;
        }
      }
    },
    "seeds",
  );
}

/** The next whole number, from the largest seed back to 0; undefined where it is no number. */
function following(value: Json): Json | undefined {
  const whole = typeof value === "number" ? Number.isInteger(value) : typeof value === "bigint";
  if (!whole || value instanceof Float) return undefined;
  const next = BigInt(value as number | bigint) + 1n;
  const seed = next > LARGEST ? 0n : next;
  return Number.isSafeInteger(Number(seed)) ? Number(seed) : seed;
}
