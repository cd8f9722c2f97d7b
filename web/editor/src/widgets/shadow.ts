/** What every plugin's widget begins with: the page's type and plain controls in its colours. */

const CSS = `
:host { display: block; }
.widget { height: 100%; font: 400 var(--size-1) / 1.4 var(--font); color: var(--text-1); }
* { box-sizing: border-box; }
input, select, textarea, button {
  font: inherit; color: inherit; background: var(--surface-2);
  border: 1px solid var(--border); border-radius: var(--radius-field);
}
:focus-visible { outline: 2px solid var(--accent); outline-offset: 1px; }
`;

export const BASE_STYLE = new CSSStyleSheet();
BASE_STYLE.replaceSync(CSS);
