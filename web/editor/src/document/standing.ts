/** Nodes whose place the file does not say stay where they are shown, whatever else is changed. */

import { current, original } from "immer";
import type { Catalogue } from "./catalogue";
import { graphDraft, setPlace, type WorkflowDraft } from "./commands/edit";
import type { Command } from "./history";
import { lostIn, type Place, placesOf } from "./places";
import { graphIn, type Scope, type Workflow } from "./workflow";

/**
 * The command, which also writes down where such nodes stand if it would move any of them: their
 * places follow from all that stands around, and a person's step moves what the person moved.
 */
export function standing(command: Command, catalogue: Catalogue): Command {
  return {
    ...command,
    apply: (draft) => {
      const before = original(draft) as Workflow;
      const made = command.apply(draft);
      if (made !== undefined) return made; // another document
      const scopes = scopesOf(before).filter((scope) => lostIn(before, scope).length > 0);
      if (scopes.length === 0) return undefined;
      const after = current(draft) as Workflow;
      for (const scope of scopes) hold(draft as unknown as WorkflowDraft, scope, before, after);
      return undefined;
    },
  };

  function hold(draft: WorkflowDraft, scope: Scope, before: Workflow, after: Workflow): void {
    const graph = graphDraft(draft, scope);
    if (!graph || graphIn(before, scope) === graphIn(after, scope)) return;
    const [was, is] = [placesOf(before, scope, catalogue), placesOf(after, scope, catalogue)];
    const held = lostIn(after, scope).filter((id) => was.has(id));
    const stays = (id: string) => {
      const [place, next] = [was.get(id), is.get(id)];
      return place?.[0] === next?.[0] && place?.[1] === next?.[1];
    };
    // All or none: one that is written down would push away the rest.
    if (held.every(stays)) return;
    for (const id of held) setPlace(graph.view, id, ...(was.get(id) as Place));
  }
}

function scopesOf(w: Workflow): readonly Scope[] {
  return [null, ...Object.keys(w.subgraphs)];
}
