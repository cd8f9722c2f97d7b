// Before all others: what they say of an element holds against this.
import "./style/tokens.css";
import "./style/base.css";
import { createRoot } from "react-dom/client";
import { App } from "./app/App";
import { StartFailed } from "./app/StartFailed";
import { start } from "./app/start";
import { applySettings } from "./state/settings";

const element = document.getElementById("root");
if (element) {
  const root = createRoot(element);
  applySettings()
    .then(start)
    .then(
      () => root.render(<App />),
      (error: unknown) => root.render(<StartFailed error={error} />),
    );
}
