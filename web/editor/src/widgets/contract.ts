/** What a field is given, and what a plugin's widget is given. Widgets know nothing of the stores. */

import type { InputSpec } from "../document/catalogue";
import type { Json } from "../document/json";

export interface FieldProps {
  /** Unique in the page. The control itself has the id `${id}-control`, its message `${id}-message`. */
  readonly id: string;
  /** The accessible name, such as "steps". */
  readonly label: string;
  readonly spec: InputSpec;
  /** What the file holds; undefined where the default applies. */
  readonly value: Json | undefined;
  /** Why the value is refused, shown under the field. */
  readonly invalid?: string;
  readonly disabled?: boolean;
  /** On a node, in rows of 26 px; else 32 px high. */
  readonly compact: boolean;
  readonly env: FieldEnvironment;
  /** While typing or dragging: many calls. undefined brings the default back. */
  onChange(value: Json | undefined): void;
  /** The gesture is over: what came since the last commit is one step of undo. */
  onCommit(): void;
}

/** A field that needs nothing of the page. */
export type PlainFieldProps = Omit<FieldProps, "env">;

/** What a person is told of a model file. */
export interface ModelInfo {
  readonly family?: string;
  readonly title?: string;
  readonly thumbnail?: string;
  readonly bytes?: number;
  readonly error?: string;
}

export interface StoredUpload {
  readonly name: string;
  readonly url: string;
  readonly thumbnail: string | null;
}

export type SeedMode = "fixed" | "random" | "increment";

/** Noise levels along a schedule, first to last. */
export interface ScheduleData {
  readonly sigmas: readonly number[];
}

/** How a field reaches the server and the rest of the page. */
export interface FieldEnvironment {
  readonly node: { readonly id: string; readonly type: string };
  readonly theme: "dark" | "light";
  /** What may be chosen for an input, as the server lists it now. Fields share the answers. */
  choices(type: string, input: string): Promise<readonly string[]>;
  upload(file: File): Promise<StoredUpload>;
  uploadUrl(name: string): string;
  uploadThumbnail(name: string): string;
  /** Names of the workflow's subgraphs. */
  subgraphs(): readonly string[];
  modelInfo?(folder: string, name: string): ModelInfo | undefined;
  /** Open the mask painter on an uploaded picture. */
  paintMask?(upload: string): void;
  /** Show an uploaded picture large. */
  view?(upload: string): void;
  readonly seedMode?: SeedMode;
  onSeedMode?(mode: SeedMode): void;
  /** A plugin's module, for the x-widget "plugin/name". */
  widget?(name: string): Promise<WidgetModule>;
  /** Where a plugin's module is loaded from, once it is known: by it an error finds its widget. */
  widgetUrl?(name: string): string | undefined;
  /** The schedule that a node's values describe. */
  chart?(values: Readonly<Record<string, Json>>): Promise<ScheduleData>;
}

/** The version of `WidgetModule` that this editor speaks. */
export const WIDGET_CONTRACT = 1;

/** The default export of a plugin's widget module. */
export interface WidgetModule {
  readonly contract: number;
  render(given: WidgetGiven): void | Promise<void>;
}

export interface WidgetGiven {
  /** An empty element in a shadow root of the widget's own; the theme's custom properties apply. */
  readonly el: HTMLElement;
  readonly model: WidgetModel;
  readonly host: WidgetHost;
  /** Aborted when the widget is taken off the page. */
  readonly signal: AbortSignal;
}

/** The value, as plain JSON; integers beyond 2^53 are bigints. */
export interface WidgetModel {
  get(): unknown;
  /** Take a value on, as one of many while a gesture lasts. Throws where the schema refuses it. */
  set(value: unknown): void;
  /** The gesture is over: what was set since the last commit is one step of undo. */
  commit(): void;
  /** Hear of every change that was not made by `set` here. Returns what ends it. */
  subscribe(listener: (value: unknown) => void): () => void;
}

export interface WidgetHost {
  readonly contract: number;
  readonly node: { readonly id: string; readonly type: string };
  readonly input: string;
  readonly label: string;
  readonly schema: Readonly<Record<string, unknown>>;
  readonly compact: boolean;
  readonly theme: "dark" | "light";
  readonly language: string;
  /** Give up: the value is shown as JSON with these words. */
  fail(error: unknown): void;
}
