/** What the page lends to fields: choices, uploads, models, widgets of plugins. */

import { useMemo } from "react";
import { useStore } from "zustand";
import { fetchChoices, fetchSchedule, uploadFile, uploadThumbnail, uploadUrl } from "../api/client";
import * as commands from "../document/commands";
import { graphIn, type Scope } from "../document/workflow";
import { useWorkflow } from "../state/hooks";
import { server } from "../state/server";
import { useTheme } from "../state/settings";
import { activeTab, run, sealStep } from "../state/tabs";
import { openDialog } from "../state/ui";
import type { FieldEnvironment, ModelInfo, StoredUpload } from "../widgets/contract";
import { pluginWidget, pluginWidgetUrl } from "./plugin_widgets";

/** The environment of one input of one node. */
export function useFieldEnvironment(
  scope: Scope,
  node: { readonly id: string; readonly type: string },
  input: string,
): FieldEnvironment {
  const theme = useTheme();
  const models = useStore(server, (state) => state.models);
  // Not of the graph that is shown: the form sets the workflow's from anywhere.
  const graph = graphIn(useWorkflow(), scope);
  const seedMode = graph?.view.seeds?.[`${node.id}.${input}`] ?? "fixed";
  const { id, type } = node;
  return useMemo(
    () => ({
      node: { id, type },
      theme,
      choices: fetchChoices,
      upload,
      uploadUrl,
      uploadThumbnail,
      subgraphs: () => Object.keys(activeTab()?.history.present.subgraphs ?? {}),
      modelInfo: (folder, name) => {
        const found = models.find((one) => one.folder === folder && one.name === name);
        return found ? modelInfo(found) : undefined;
      },
      paintMask: (uploaded) =>
        openDialog({ kind: "mask", scope, node: id, input, upload: uploaded }),
      view: (uploaded) => openDialog({ kind: "upload", upload: uploaded }),
      seedMode,
      onSeedMode: (mode) => {
        run(commands.setSeedMode(scope, id, input, mode));
        sealStep();
      },
      widget: pluginWidget,
      widgetUrl: pluginWidgetUrl,
      chart: (values) => fetchSchedule(type, values),
    }),
    [scope, id, type, input, theme, models, seedMode],
  );
}

async function upload(file: File): Promise<StoredUpload> {
  const { name, url, thumbnail } = await uploadFile(file);
  return { name, url, thumbnail: thumbnail ?? null };
}

function modelInfo(one: ReturnType<typeof server.getState>["models"][number]): ModelInfo {
  return {
    ...(one.family ? { family: one.family } : {}),
    ...(one.title ? { title: one.title } : {}),
    ...(one.thumbnail ? { thumbnail: one.thumbnail } : {}),
    ...(one.bytes ? { bytes: one.bytes } : {}),
    ...(one.error ? { error: one.error } : {}),
  };
}
