/** The dialog that is open, loaded when it is first needed. */

import { type ComponentType, lazy, Suspense } from "react";
import { useStore } from "zustand";
import { type Dialog, openDialog, ui } from "../state/ui";
import { ErrorBoundary } from "./ErrorBoundary";

type Kind = Dialog["kind"];
type Props<K extends Kind> = {
  readonly dialog: Extract<Dialog, { kind: K }>;
  onClose(): void;
};

const DIALOGS: { readonly [K in Kind]: ComponentType<Props<K>> } = {
  viewer: lazy(() => import("./ViewerDialog")),
  upload: lazy(() => import("./UploadDialog")),
  mask: lazy(() => import("./MaskDialog")),
  conflict: lazy(() => import("../panels/dialogs/Conflict")),
  compare: lazy(() => import("../panels/dialogs/Compare")),
  revisions: lazy(() => import("../panels/dialogs/Revisions")),
  "save-as": lazy(() => import("../panels/dialogs/SaveAs")),
  "subgraph-name": lazy(() => import("./SubgraphDialog")),
  "close-tab": lazy(() => import("../panels/dialogs/CloseTab")),
  commands: lazy(() => import("../panels/dialogs/CommandPalette")),
  shortcuts: lazy(() => import("../panels/dialogs/Shortcuts")),
  "rename-node": lazy(() => import("../panels/dialogs/RenameNode")),
};

export function Dialogs() {
  const dialog = useStore(ui, (state) => state.dialog);
  if (!dialog) return null;
  const Content = DIALOGS[dialog.kind] as ComponentType<{ dialog: Dialog; onClose(): void }>;
  return (
    <ErrorBoundary key={dialog.kind}>
      <Suspense fallback={null}>
        <Content dialog={dialog} onClose={() => openDialog(null)} />
      </Suspense>
    </ErrorBoundary>
  );
}
