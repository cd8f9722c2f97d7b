import type { JobView } from "../api/types";
import { useT } from "../i18n";
import { nodeTitle, showNode, tabOf } from "./jobs";
import { Button } from "./ui/Button";
import "./failure.css";

/** Why a job failed: the message, the node, and for those who ask the traceback. */
export function Failure({ job }: { readonly job: JobView }) {
  const t = useT();
  const { error } = job;
  if (!error) return null;
  const { node } = error;
  return (
    <div className="failure">
      <p className="failure-message">{error.message}</p>
      {node && (
        <p className="failure-node">
          {t("jobs.failed.node", { node: nodeTitle(job.id, node) })}
          {tabOf(job.id) && (
            <Button look="quiet" onClick={() => showNode(job.id, node)}>
              {t("jobs.show")}
            </Button>
          )}
        </p>
      )}
      {error.traceback && (
        <details className="failure-details">
          <summary>{t("jobs.traceback")}</summary>
          <pre className="failure-traceback" tabIndex={0}>
            {error.traceback}
          </pre>
        </details>
      )}
    </div>
  );
}
