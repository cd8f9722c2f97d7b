/** One function per route that the editor uses. */

import { readWorkflow, writeWorkflow } from "../document/canonical";
import { Catalogue, type KindSpec, type NodeSpec } from "../document/catalogue";
import { type Json, parseJson, writeJson } from "../document/json";
import type { Workflow } from "../document/workflow";
import { ask, askJson } from "./http";
import type {
  JobList,
  JobState,
  JobView,
  ModelView,
  PlanView,
  PluginView,
  Revision,
  SystemView,
  Template,
  Upload,
  WorkflowView,
} from "./types";

const name = encodeURIComponent;

export interface Installed {
  readonly plugins: readonly PluginView[];
  /** The same object as the last time where nothing changed. */
  readonly catalogue: Catalogue;
}

/** The plugins, and the node types that they bring. */
export async function fetchInstalled(): Promise<Installed> {
  const [text, plugins] = await Promise.all([ask("/api/nodes"), fetchPlugins()]);
  return { plugins, catalogue: catalogueOf(text, plugins) };
}

function catalogueOf(text: string, plugins: readonly PluginView[]): Catalogue {
  const versions = Object.fromEntries(plugins.map((one) => [one.distribution, one.version]));
  const key = text + JSON.stringify(versions);
  if (newest?.key === key) return newest.catalogue;
  // Defaults may be numbers that JSON.parse would not keep.
  const data = parseJson(text) as unknown as { nodes: NodeSpec[]; kinds: KindSpec[] };
  newest = { key, catalogue: new Catalogue(data.nodes, data.kinds, versions) };
  return newest.catalogue;
}

let newest: { readonly key: string; readonly catalogue: Catalogue } | null = null;

export const fetchPlugins = async (): Promise<readonly PluginView[]> =>
  (await askJson<{ plugins: PluginView[] }>("/api/plugins")).plugins;

export const fetchSystem = (): Promise<SystemView> => askJson("/api/system");

/** Forget what was computed: one tier of the cache, or all. Gives the bytes that became free. */
export const clearCache = async (tier: string | null): Promise<number> =>
  (
    await askJson<{ freed: number }>("/api/cache/clear", {
      method: "POST",
      text: JSON.stringify({ tier }),
    })
  ).freed;

export const fetchModels = async (): Promise<readonly ModelView[]> =>
  (await askJson<{ models: ModelView[] }>("/api/models")).models;

export const fetchChoices = async (type: string, input: string): Promise<readonly string[]> =>
  (await askJson<{ choices: string[] }>(`/api/nodes/${name(type)}/choices/${name(input)}`)).choices;

// --- jobs ---------------------------------------------------------------------------------------

export interface Submission {
  readonly workflow: Workflow;
  readonly targets?: readonly string[];
  readonly label?: string;
  /** The saved workflow of which this is a state. */
  readonly name?: string | null;
  readonly key: string;
}

export function submitJob(one: Submission): Promise<JobView> {
  const rest = {
    targets: one.targets ?? [],
    ...(one.label ? { label: one.label } : {}),
    ...(one.name ? { name: one.name } : {}),
  };
  return askJson("/api/jobs", {
    method: "POST",
    text: withWorkflow(one.workflow, rest),
    headers: { "Idempotency-Key": one.key },
  });
}

export interface JobQuery {
  readonly states?: readonly JobState[];
  readonly limit?: number;
  readonly before?: string;
}

export function fetchJobs(query: JobQuery = {}): Promise<JobList> {
  const search = new URLSearchParams();
  for (const state of query.states ?? []) search.append("state", state);
  if (query.limit) search.set("limit", String(query.limit));
  if (query.before) search.set("before", query.before);
  return askJson(`/api/jobs?${search}`);
}

export const fetchJob = (id: string): Promise<JobView> => askJson(`/api/jobs/${name(id)}`);

/** The workflow that a job ran, every literal as it was. */
export async function fetchJobWorkflow(id: string): Promise<Workflow> {
  return workflowOf(await ask(`/api/jobs/${name(id)}`));
}

export const cancelJob = (id: string): Promise<unknown> =>
  askJson(`/api/jobs/${name(id)}/cancel`, { method: "POST", text: "{}" });
export const retryJob = (id: string): Promise<unknown> =>
  askJson(`/api/jobs/${name(id)}/retry`, { method: "POST", text: "{}" });
export const deleteJob = (id: string): Promise<unknown> =>
  askJson(`/api/jobs/${name(id)}`, { method: "DELETE" });
export const moveJob = (id: string, to: "front" | "back" | { before: string }): Promise<unknown> =>
  askJson(`/api/jobs/${name(id)}/move`, {
    method: "POST",
    text: JSON.stringify(typeof to === "string" ? { to } : to),
  });
export const pauseQueue = (paused: boolean): Promise<unknown> =>
  askJson("/api/queue/pause", { method: "POST", text: JSON.stringify({ paused }) });

// --- workflows ----------------------------------------------------------------------------------

export function planWorkflow(
  workflow: Workflow,
  targets: readonly string[],
  signal: AbortSignal,
  /** A job that nodes are compared with, to tell why they run. */
  since?: string | null,
): Promise<PlanView> {
  const text = withWorkflow(workflow, { targets, ...(since ? { since } : {}) });
  return askJson("/api/plan", { method: "POST", text, signal });
}

export const fetchWorkflows = async (): Promise<readonly WorkflowView[]> =>
  (await askJson<{ workflows: WorkflowView[] }>("/api/workflows")).workflows;

export interface Stored {
  readonly name: string;
  readonly revision: number;
  readonly workflow: Workflow;
}

export async function fetchWorkflow(called: string, revision?: number): Promise<Stored> {
  const query = revision === undefined ? "" : `?revision=${revision}`;
  return storedOf(await ask(`/api/workflows/${name(called)}${query}`));
}

export async function saveWorkflow(
  called: string,
  workflow: Workflow,
  revision: number,
  message?: string,
): Promise<WorkflowView> {
  const rest = { revision, ...(message ? { message } : {}) };
  return askJson(`/api/workflows/${name(called)}`, {
    method: "PUT",
    text: withWorkflow(workflow, rest),
  });
}

export const deleteWorkflow = (called: string): Promise<unknown> =>
  askJson(`/api/workflows/${name(called)}`, { method: "DELETE" });
export const renameWorkflow = (called: string, to: string, revision: number) =>
  askJson<WorkflowView>(`/api/workflows/${name(called)}/rename`, {
    method: "POST",
    text: JSON.stringify({ name: to, revision }),
  });
export const fetchRevisions = async (called: string): Promise<readonly Revision[]> =>
  (await askJson<{ revisions: Revision[] }>(`/api/workflows/${name(called)}/history`)).revisions;

export const fetchTemplates = async (): Promise<readonly Template[]> =>
  (await askJson<{ templates: Template[] }>("/api/templates")).templates;

export async function fetchTemplate(called: string): Promise<Workflow> {
  return workflowOf(await ask(`/api/templates/${name(called)}`));
}

// --- widgets ------------------------------------------------------------------------------------

/** The addresses of plugins' widget modules, by "plugin/widget". */
export async function fetchWidgets(): Promise<Readonly<Record<string, string>>> {
  const { widgets } = await askJson<{ widgets: { widgets: Record<string, string> }[] }>(
    "/api/widgets",
  );
  return Object.assign({}, ...widgets.map((one) => one.widgets));
}

/** The noise levels that a node's values describe, first to last. */
export async function fetchSchedule(
  type: string,
  values: Readonly<Record<string, Json>>,
  linked: readonly string[] = [],
): Promise<{ readonly sigmas: readonly number[] }> {
  const text = writeJson({ type, values, linked });
  const { y } = await askJson<{ y: number[] }>("/api/chart", { method: "POST", text });
  return { sigmas: y };
}

// --- files --------------------------------------------------------------------------------------

export const uploadFile = (file: File): Promise<Upload> =>
  askJson(`/api/uploads/${name(file.name)}`, {
    method: "PUT",
    body: file,
    headers: { "Content-Type": "application/octet-stream" },
  });
export const uploadUrl = (called: string): string => `/api/uploads/${name(called)}`;
export const uploadThumbnail = (called: string): string => `${uploadUrl(called)}/thumbnail`;

// ------------------------------------------------------------------------------------------------

/** A request's JSON text around a workflow, which the document's own writer makes. */
function withWorkflow(workflow: Workflow, rest: object): string {
  const tail = JSON.stringify(rest).slice(1);
  return `{"workflow":${writeWorkflow(workflow)}${tail === "}" ? "" : ","}${tail}`;
}

function workflowOf(text: string): Workflow {
  return readWorkflow(writeJson(field(parseJson(text), "workflow")));
}

/** A saved workflow from an answer. */
export function storedOf(text: string): Stored {
  const { name: called, revision } = JSON.parse(text) as Stored;
  return { name: called, revision, workflow: workflowOf(text) };
}

/** The newest revision, from the body of a conflict; null where somebody deleted the workflow. */
export function newestOf(text: string, called: string): Stored | null {
  const refusal = field(parseJson(text), "error");
  const workflow = field(refusal, "workflow");
  if (workflow === null) return null;
  const revision = Number(field(refusal, "revision"));
  return { name: called, revision, workflow: readWorkflow(writeJson(workflow)) };
}

function field(data: Json, key: string): Json {
  return (data as { readonly [key: string]: Json })[key] ?? null;
}
