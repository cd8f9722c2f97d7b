/** A part of the page that fails says so in its place, and the rest goes on. */

import { Component, type ReactNode } from "react";
import { t } from "../i18n";

interface Props {
  readonly children: ReactNode;
  /** What is shown in it, such as a tab's id: another one is tried anew. */
  readonly of?: string;
}

interface State {
  readonly error: Error | null;
}

export class ErrorBoundary extends Component<Props, State> {
  override state: State = { error: null };

  static getDerivedStateFromError(error: Error): State {
    return { error };
  }

  override componentDidUpdate(before: Props): void {
    if (this.state.error && before.of !== this.props.of) this.setState({ error: null });
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (!error) return this.props.children;
    return (
      <div className="crash" role="alert">
        <p>{t("shell.crash", { reason: error.message })}</p>
        <button type="button" className="button" onClick={() => this.setState({ error: null })}>
          {t("shell.crash.again")}
        </button>
      </div>
    );
  }
}
