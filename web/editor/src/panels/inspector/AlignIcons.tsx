/** Pictures of how nodes are aligned: 16 px, as all icons. */

const PATHS = {
  left: "M2.5 2v12M5 4h8v2.5H5zM5 9.5h5V12H5z",
  horizontal: "M8 2v2M8 6.5v3M8 12v2M3 4h10v2.5H3zM5 9.5h6V12H5z",
  right: "M13.5 2v12M3 4h8v2.5H3zM6 9.5h5V12H6z",
  top: "M2 2.5h12M4 5h2.5v8H4zM9.5 5H12v5H9.5z",
  vertical: "M2 8h2M6.5 8h3M12 8h2M4 3h2.5v10H4zM9.5 5H12v6H9.5z",
  bottom: "M2 13.5h12M4 3h2.5v8H4zM9.5 6H12v5H9.5z",
  across: "M2.5 2v12M13.5 2v12M6.5 4.5h3v7h-3z",
  down: "M2 2.5h12M2 13.5h12M4.5 6.5h7v3h-7z",
} as const;

export type AlignIcon = keyof typeof PATHS;

export function AlignIcon({ name }: { readonly name: AlignIcon }) {
  return (
    <svg className="icon" width="16" height="16" viewBox="0 0 16 16" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}
