import { createRoot } from "react-dom/client";
import { App } from "./app/App";
import { start } from "./app/start";
import { StartFailed } from "./app/StartFailed";
import { applySettings } from "./state/settings";
import "./style/tokens.css";
import "./style/base.css";

applySettings();
const element = document.getElementById("root");
if (element) {
  const root = createRoot(element);
  start().then(
    () => root.render(<App />),
    (error: unknown) => root.render(<StartFailed error={error} />),
  );
}
