/** What every plugin's widget begins with: the page's type and plain controls in its colours. */

// Without weight, so that whatever the plugin's own style says holds.
const CSS = `
:host { display: block; }
:where(.widget) { height: 100%; font: 400 var(--size-1) / 1.4 var(--font); color: var(--text-1); }
:where(*) { box-sizing: border-box; }
:where(input, select, textarea, button) {
  font: inherit; color: inherit; background: var(--surface-2);
  border: 1px solid var(--border); border-radius: var(--radius-field);
}
:where(:focus-visible) { outline: 2px solid var(--accent); outline-offset: 1px; }
`;

export const BASE_STYLE = new CSSStyleSheet();
BASE_STYLE.replaceSync(CSS);
