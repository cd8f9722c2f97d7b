/** What the server is and has: connection, node types, models, health. */

import { createStore } from "zustand/vanilla";
import type { ModelView, PluginView, SystemView } from "../api/types";
import { type Catalogue, EMPTY_CATALOGUE } from "../document/catalogue";

interface Server {
  readonly connection: "connecting" | "open" | "lost";
  readonly catalogue: Catalogue;
  readonly models: readonly ModelView[];
  readonly plugins: readonly PluginView[];
  readonly system: SystemView | null;
}

export const server = createStore<Server>(() => ({
  connection: "connecting",
  catalogue: EMPTY_CATALOGUE,
  models: [],
  plugins: [],
  system: null,
}));
