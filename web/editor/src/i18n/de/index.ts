/** One file an area; both languages hold the same keys. */

import type { en } from "../en";
import { canvas } from "./canvas";
import { commands } from "./commands";
import { document } from "./document";
import { jobs } from "./jobs";
import { panels } from "./panels";
import { search } from "./search";
import { settings } from "./settings";
import { shell } from "./shell";
import { viewer } from "./viewer";
import { widgets } from "./widgets";

export const de: Record<keyof typeof en, string> = {
  ...canvas,
  ...commands,
  ...document,
  ...jobs,
  ...panels,
  ...search,
  ...settings,
  ...shell,
  ...viewer,
  ...widgets,
};
