/** Painting a mask on an uploaded picture: what is painted becomes an upload and a node. */

import { uploadFile, uploadUrl } from "../api/client";
import { reveal } from "../canvas/camera";
import * as commands from "../document/commands";
import { placeOf } from "../document/places";
import { graphIn } from "../document/workflow";
import { t } from "../i18n";
import { server } from "../state/server";
import { activeTab, run, scopeOf, sealStep, select } from "../state/tabs";
import { announce, type Dialog } from "../state/ui";
import MaskPainter from "../viewer/MaskPainter";

interface Props {
  readonly dialog: Extract<Dialog, { kind: "mask" }>;
  onClose(): void;
}

/** The node that reads a mask from an uploaded picture, and its input. */
const MASK = { type: "image.load_mask", input: "path" };

export default function MaskDialog({ dialog, onClose }: Props) {
  const { upload } = dialog;
  const save = async (mask: Blob) => {
    const name = `${upload.replace(/\.\w+$/, "")} mask.png`;
    const stored = await uploadFile(new File([mask], name, { type: "image/png" }));
    takeMask(dialog, stored.name);
    onClose();
  };
  return <MaskPainter source={uploadUrl(upload)} name={upload} onSave={save} onClose={onClose} />;
}

/** Set it where it was painted from a mask's own field, or add the node that loads it below. */
function takeMask({ scope, node, input }: Props["dialog"], upload: string): void {
  const workflow = activeTab()?.history.present;
  const graph = workflow && graphIn(workflow, scope);
  const owner = graph?.nodes[node];
  if (!workflow || !graph || !owner) return;
  if (owner.type === MASK.type) {
    run(commands.setValue(scope, node, input, upload));
  } else {
    const { catalogue } = server.getState();
    const [x, y] = placeOf(workflow, scope, node, catalogue);
    const id = commands.freeId(graph, MASK.type);
    const at = { x, y: y + 260 };
    const values = { [MASK.input]: upload };
    run(commands.addNode(scope, catalogue, { type: MASK.type, at, id, values }));
    announce(t("command.addNode"));
    if (scope === scopeOf(activeTab()?.path ?? [])) {
      select([id]);
      // The canvas knows of it a frame later.
      requestAnimationFrame(() => reveal(id));
    }
  }
  sealStep();
}
