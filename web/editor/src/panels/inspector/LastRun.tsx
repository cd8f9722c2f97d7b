/** What became of the chosen node in the last run, and what the next one would do with it. */

import { type MessageKey, useT } from "../../i18n";
import { useTab } from "../../state/hooks";
import { flatId, useNodeNews, useShownJob } from "../../state/node_runs";
import type { NodeRun } from "../../state/runs";
import { openDialog } from "../../state/ui";
import { durationText } from "../format";
import { Button } from "../ui/Button";
import { ProgressBar } from "../ui/ProgressBar";
import { Thumb } from "../ui/Thumb";
import { copyText } from "./CopyLine";
import { forecastText } from "./forecast_words";
import { Section } from "./Section";

export function LastRun({ id, title }: { readonly id: string; readonly title: string }) {
  const t = useT();
  const { run, plan } = useNodeNews(id);
  if (!run && !plan) return null;
  return (
    <Section title={t("inspector.run")}>
      <dl className="inspector-facts">
        {run && (
          <>
            <dt>{t("inspector.run.last")}</dt>
            <dd className={`inspector-state is-${run.state}`}>{stateText(run, t)}</dd>
          </>
        )}
        {plan && (
          <>
            <dt>{t("inspector.run.next")}</dt>
            <dd>{forecastText(plan)}</dd>
          </>
        )}
      </dl>
      {run?.state === "running" && (
        <ProgressBar
          label={t("inspector.progress", { node: title })}
          value={run.total ? (run.done ?? 0) / run.total : undefined}
        />
      )}
      {run?.state === "failed" && <Failed id={id} run={run} />}
      <Made id={id} title={title} />
    </Section>
  );
}

function stateText(run: NodeRun, t: ReturnType<typeof useT>): string {
  const state = t(`canvas.state.${run.state}` as MessageKey);
  if (run.state === "running" && run.total)
    return `${state}, ${t("canvas.foot.progress", { done: run.done ?? 0, total: run.total })}`;
  return run.state === "ran" ? `${state}, ${durationText(run.seconds ?? 0)}` : state;
}

/** Why it failed: the message, and the traceback for those who ask. */
function Failed({ id, run }: { readonly id: string; readonly run: NodeRun }) {
  const t = useT();
  const { uses } = useTab();
  const error = useShownJob()?.job.error;
  const flat = flatId(uses, id);
  const own = error?.node != null && flat !== null && isAt(error.node, flat) ? error : null;
  const message = own?.message ?? run.error ?? "";
  const whole = [message, own?.traceback].filter(Boolean).join("\n\n");
  return (
    <div className="inspector-failed">
      <p>{message}</p>
      {own?.traceback && (
        <details>
          <summary>{t("jobs.traceback")}</summary>
          <pre tabIndex={0}>{own.traceback}</pre>
        </details>
      )}
      {whole && (
        <Button icon="copy" onClick={() => void copyText(whole)}>
          {t("inspector.copy.error")}
        </Button>
      )}
    </div>
  );
}

/** Of a use of a subgraph, what failed inside it counts as its own. */
function isAt(node: string, flat: string): boolean {
  return node === flat || node.startsWith(`${flat}/`);
}

/** The pictures that it made. */
function Made({ id, title }: { readonly id: string; readonly title: string }) {
  const t = useT();
  const { outputs, preview, run } = useNodeNews(id);
  const job = useShownJob()?.job;
  const pictures = outputs.filter((one) => one.thumbnail);
  if (preview && run?.state === "running")
    return (
      <img
        className="inspector-live"
        src={preview}
        alt={t("canvas.preview.live", { node: title })}
      />
    );
  if (!job || pictures.length === 0) return null;
  return (
    <div className="inspector-pictures">
      {pictures.map((one, index) => (
        <button
          key={`${one.node} ${one.index}`}
          type="button"
          aria-label={t("inspector.picture", { number: index + 1, node: title })}
          onClick={() =>
            openDialog({ kind: "viewer", job: job.id, index: job.outputs.indexOf(one) })
          }
        >
          <Thumb src={one.thumbnail} icon="image" />
        </button>
      ))}
    </div>
  );
}
