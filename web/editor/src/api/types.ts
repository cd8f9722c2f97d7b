/** What crosses HTTP, as the server's OpenAPI document describes it. */

export type JobState = "queued" | "running" | "done" | "failed" | "cancelled" | "quarantined";
export const FINAL: readonly JobState[] = ["done", "failed", "cancelled", "quarantined"];

export interface ProblemView {
  readonly path: string;
  readonly message: string;
  readonly expected?: string | null;
  readonly got?: string | null;
  readonly suggestion?: string | null;
}

export interface JobError {
  readonly kind: string;
  readonly message: string;
  readonly node?: string | null;
  readonly type?: string | null;
  readonly traceback?: string | null;
}

export interface OutputView {
  readonly node: string;
  readonly index: number;
  readonly name?: string | null;
  readonly mime?: string | null;
  readonly bytes?: number | null;
  readonly sha256?: string | null;
  readonly width?: number | null;
  readonly height?: number | null;
  readonly preview: boolean;
  readonly url?: string | null;
  readonly thumbnail?: string | null;
  readonly item: Readonly<Record<string, unknown>>;
}

export interface NodeResult {
  readonly state: "ran" | "cached" | "failed" | "skipped";
  readonly seconds: number;
}

export interface JobView {
  readonly id: string;
  readonly state: JobState;
  readonly label?: string | null;
  readonly priority: number;
  readonly position?: number | null;
  readonly workflow_name?: string | null;
  readonly created: number;
  readonly started?: number | null;
  readonly finished?: number | null;
  readonly attempts: number;
  readonly device?: string | null;
  readonly error?: JobError | null;
  readonly nodes: Readonly<Record<string, NodeResult>>;
  readonly outputs: readonly OutputView[];
  readonly last_event: number;
}

export interface JobList {
  readonly jobs: readonly JobView[];
  readonly next?: string | null;
  readonly counts: Readonly<Record<string, number>>;
}

export interface EventView {
  readonly number: number | null;
  readonly job: string;
  readonly time: number;
  readonly event: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface PreviewHead {
  readonly job: string;
  readonly node: string;
  readonly mime: string;
  readonly time: number;
}

export interface PlannedNode {
  readonly action: "run" | "cached" | "unneeded";
  readonly reason?: string | null;
  readonly tier?: string | null;
}

export interface PlanView {
  readonly run: number;
  readonly cached: number;
  readonly unneeded: number;
  readonly nodes: Readonly<Record<string, PlannedNode>>;
}

export interface WorkflowView {
  readonly name: string;
  readonly revision: number;
  readonly saved: number;
  readonly created: number;
  readonly nodes: number;
  readonly parameters: readonly string[];
  /** In the list: a small version of the last picture that a job of it made. */
  readonly thumbnail?: string | null;
}

export interface Revision {
  readonly revision: number;
  readonly sha256: string;
  readonly saved: number;
  readonly bytes: number;
  readonly nodes: number;
  readonly message?: string | null;
}

export interface Upload {
  readonly name: string;
  readonly sha256: string;
  readonly bytes: number;
  readonly mime: string;
  readonly created: number;
  readonly url: string;
  readonly thumbnail?: string | null;
}

export interface ModelView {
  readonly folder: string;
  readonly name: string;
  readonly bytes?: number | null;
  readonly family?: string | null;
  readonly title?: string | null;
  readonly thumbnail?: string | null;
  readonly error?: string | null;
}

export interface PluginView {
  readonly name: string;
  readonly distribution: string;
  readonly version: string;
  readonly state: "ok" | "disabled" | "failed";
  readonly nodes: number;
  readonly error?: string | null;
}

export interface SystemView {
  readonly versions: Readonly<Record<string, string>>;
  readonly uptime: number;
  readonly paused?: string | null;
  readonly queue: Readonly<Record<string, number>>;
  readonly workers: readonly {
    readonly name: string;
    readonly device: string;
    readonly state: string;
    readonly jobs: readonly string[];
    readonly restarts: number;
  }[];
  readonly devices: readonly Readonly<Record<string, unknown>>[];
  readonly memory: Readonly<Record<string, unknown>>;
  readonly disk: Readonly<Record<string, unknown>>;
  readonly cache: Readonly<Record<string, unknown>>;
  readonly clients: number;
}

export interface Template {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly nodes: number;
  readonly thumbnail?: string | null;
}
