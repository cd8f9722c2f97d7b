/** The workflows that are kept on the server, and those that ship with it. */

import { createStore } from "zustand/vanilla";
import { fetchTemplates, fetchWorkflows } from "../api/client";
import type { Template, WorkflowView } from "../api/types";

interface Library {
  /** null until they were read. */
  readonly workflows: readonly WorkflowView[] | null;
  readonly templates: readonly Template[] | null;
}

export const library = createStore<Library>(() => ({ workflows: null, templates: null }));

export async function loadWorkflows(): Promise<void> {
  library.setState({ workflows: await fetchWorkflows() });
}

/** Templates come with the server: once read, they stay. */
export async function loadTemplates(): Promise<void> {
  if (library.getState().templates === null)
    library.setState({ templates: await fetchTemplates() });
}
