/** A plugin's own widget, in a shadow root. Whatever goes wrong in it stays in its box. */

import { useEffect, useRef, useState } from "react";
import type { Json } from "../document/json";
import { language, t as text, useT } from "../i18n";
import { watch } from "./blame";
import { type FieldProps, WIDGET_CONTRACT, type WidgetHost, type WidgetModule } from "./contract";
import { effective } from "./control";
import { JsonField } from "./ListFields";
import { type Bridge, bridge } from "./model";
import { BASE_STYLE } from "./shadow";
import { wordsOf } from "./useChoices";

const IMPORT_MS = 10_000;

export default function PluginWidget(props: FieldProps) {
  const { label, compact } = props;
  const t = useT();
  const name = props.spec.schema["x-widget"] ?? "";
  const frame = useRef<HTMLDivElement>(null);
  const latest = useRef(props);
  latest.current = props;
  const live = useRef<Bridge | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const [attempt, setAttempt] = useState(0);
  const value = effective(props);

  // biome-ignore lint/correctness/useExhaustiveDependencies: mounted again for these, and for no value
  useEffect(() => {
    const element = frame.current;
    if (!element) return;
    const ending = new AbortController();
    const fail = (error: unknown) => {
      if (ending.signal.aborted) return;
      ending.abort();
      setFailure(wordsOf(error));
    };
    mount(element, name, latest, live, ending.signal, fail).catch(fail);
    return () => ending.abort();
  }, [name, attempt, compact]);

  useEffect(() => live.current?.receive(value as Json), [value]);

  if (failure !== null)
    return (
      <div className="plugin-failure">
        <JsonField {...props} />
        <p className="plugin-words" title={failure}>
          <span>{t("widgets.plugin.failed", { name, error: failure })}</span>
          <button
            type="button"
            className="plugin-again"
            onClick={() => {
              setFailure(null);
              setAttempt(attempt + 1);
            }}
          >
            {t("widgets.plugin.again")}
          </button>
        </p>
      </div>
    );
  // A shadow root stays with its element: each attempt has one of its own.
  return (
    <div
      key={`${name}-${attempt}-${compact}`}
      ref={frame}
      className="plugin-frame"
      role="group"
      aria-label={label}
      onKeyDown={(event) => {
        // What is typed in there is not for the page; it cannot see that it is a text field.
        if (!event.ctrlKey && !event.metaKey && event.key !== "Escape") event.stopPropagation();
      }}
    />
  );
}

async function mount(
  element: HTMLElement,
  name: string,
  latest: { readonly current: FieldProps },
  live: { current: Bridge | null },
  signal: AbortSignal,
  fail: (error: unknown) => void,
): Promise<void> {
  const { env, spec } = latest.current;
  if (!env.widget) throw new Error(text("widgets.plugin.none"));
  const module = await within(env.widget(name), IMPORT_MS);
  if (signal.aborted) return;
  check(module);
  const made = bridge({
    spec,
    value: effective(latest.current),
    onChange: (next) => latest.current.onChange(next),
    onCommit: () => latest.current.onCommit(),
    onFailure: fail,
  });
  live.current = made;
  const plugin = name.split("/")[0] ?? "";
  const forget = watch({ plugin, url: env.widgetUrl?.(name), element, fail });
  signal.addEventListener("abort", () => {
    made.close();
    forget();
    if (live.current === made) live.current = null;
  });
  const root = element.attachShadow({ mode: "open" });
  root.adoptedStyleSheets = [BASE_STYLE];
  const el = root.appendChild(document.createElement("div"));
  el.className = "widget";
  await module.render({ el, model: made.model, host: hostOf(latest, fail), signal });
}

function check(module: WidgetModule): void {
  if (typeof module !== "object" || module === null || typeof module.render !== "function")
    throw new Error(text("widgets.plugin.shape"));
  if (module.contract !== WIDGET_CONTRACT)
    throw new Error(
      text("widgets.plugin.contract", { theirs: String(module.contract), ours: WIDGET_CONTRACT }),
    );
}

function hostOf(
  latest: { readonly current: FieldProps },
  fail: (error: unknown) => void,
): WidgetHost {
  const { env, spec, label, compact } = latest.current;
  return Object.freeze({
    contract: WIDGET_CONTRACT,
    node: { ...env.node },
    input: spec.name,
    label,
    schema: spec.schema as Readonly<Record<string, unknown>>,
    compact,
    get theme() {
      return latest.current.env.theme;
    },
    get language() {
      return language();
    },
    fail,
  });
}

function within<T>(promise: Promise<T>, ms: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = window.setTimeout(
      () => reject(new Error(text("widgets.plugin.slow", { seconds: ms / 1000 }))),
      ms,
    );
    promise.then(resolve, reject).finally(() => window.clearTimeout(timer));
  });
}
