/** What the server is and has: devices, memory, cache, versions, plugins. */

import { useEffect, useState } from "react";
import { useStore } from "zustand";
import { fetchPlugins } from "../../api/client";
import type { PluginView } from "../../api/types";
import { useT } from "../../i18n";
import { loadSystem } from "../../state/connect";
import { server } from "../../state/server";
import { attempt } from "../attempt";
import { bytesText, elapsedText } from "../format";
import { Badge } from "../ui/Badge";
import { IconButton } from "../ui/IconButton";
import { Spinner } from "../ui/Spinner";
import { CacheTiers } from "./Cache";
import { Amount, Fact, Part } from "./facts";
import { amountOf, type Device, devicesOf, poolOf } from "./system_facts";

async function read(): Promise<void> {
  await loadSystem();
  server.setState({ plugins: await fetchPlugins() });
}

export function SystemInfo() {
  const t = useT();
  const system = useStore(server, (state) => state.system);
  const [reading, setReading] = useState(false);
  const again = async () => {
    setReading(true);
    await attempt(read);
    setReading(false);
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: as it is when the part is opened
  useEffect(() => void again(), []);
  if (!system) return <Spinner label={t("panels.loading")} />;
  const memory = poolOf(system.memory);
  const disk = poolOf(system.disk);
  const resident = amountOf(system.memory.resident);
  return (
    <div className="system">
      <div className="panel-head">
        <span className="panel-head-text">
          {t("settings.uptime", { time: elapsedText(system.uptime) })}
        </span>
        <IconButton
          icon="retry"
          label={t("settings.read")}
          disabled={reading}
          onClick={() => void again()}
        />
      </div>
      <Part title={t("settings.devices")}>
        {devicesOf(system.devices).map((one) => (
          <DeviceRow key={one.name} device={one} />
        ))}
        {system.workers.map((one) => (
          <Fact key={one.name} name={one.name}>
            <Badge tone={one.state === "ready" ? "ok" : one.state === "dead" ? "error" : "warn"}>
              {t(`settings.worker.${workerState(one.state)}`)}
            </Badge>
          </Fact>
        ))}
      </Part>
      <Part title={t("settings.memory")}>
        {memory && <Amount name={t("settings.memory.main")} {...memory} />}
        {resident !== null && <Fact name={t("settings.memory.server")}>{bytesText(resident)}</Fact>}
        {disk && <Amount name={t("settings.memory.disk")} {...disk} />}
      </Part>
      <Part title={t("settings.cache")}>
        <CacheTiers cache={system.cache} />
      </Part>
      <Plugins />
      <Part title={t("settings.versions")}>
        {Object.entries(system.versions).map(([name, version]) => (
          <Fact key={name} name={name}>
            {version}
          </Fact>
        ))}
      </Part>
    </div>
  );
}

function workerState(state: string) {
  return state === "ready" || state === "starting" || state === "dead" ? state : "stopped";
}

function DeviceRow({ device }: { readonly device: Device }) {
  const t = useT();
  const { name, title, used, memory } = device;
  return (
    <>
      <Fact name={title === name ? name : `${title} (${name})`}>
        {used && <Badge tone="accent">{t("settings.device.used")}</Badge>}
      </Fact>
      {memory && <Amount name={t("settings.memory.device")} {...memory} />}
    </>
  );
}

function Plugins() {
  const t = useT();
  const plugins = useStore(server, (state) => state.plugins);
  return (
    <Part title={t("settings.plugins")}>
      {plugins.map((one) => (
        <Plugin key={one.name} plugin={one} />
      ))}
    </Part>
  );
}

function Plugin({ plugin }: { readonly plugin: PluginView }) {
  const t = useT();
  const { name, version, state, nodes, error } = plugin;
  return (
    <>
      <Fact name={`${name} ${version}`}>
        {state === "ok" ? (
          t("panels.nodes", { count: nodes })
        ) : state === "disabled" ? (
          <Badge tone="warn">{t("settings.plugin.disabled")}</Badge>
        ) : (
          <Badge tone="error" icon="error">
            {t("settings.plugin.failed")}
          </Badge>
        )}
      </Fact>
      {error && <pre className="system-error">{error}</pre>}
    </>
  );
}
