import { colourClass, shapeOf } from "../document/kinds";
import "./kinds.css";

/** The colour and shape of a kind, as on sockets. The kind's name stands beside it, or in its title. */
export function KindMark({ kind, title }: { readonly kind: string; readonly title?: string }) {
  const look = `kind-mark is-${shapeOf(kind)} kind-${colourClass(kind)}`;
  return <span className={look} title={title} aria-hidden="true" />;
}

/** The sockets of a node type in a row: what goes in, what comes out. */
export function KindRow(props: {
  readonly inputs: readonly { readonly name: string; readonly kind: string }[];
  readonly outputs: readonly { readonly name: string; readonly kind: string }[];
}) {
  const mark = (one: { readonly name: string; readonly kind: string }) => (
    <KindMark key={one.name} kind={one.kind} title={`${one.name} · ${one.kind}`} />
  );
  return (
    <span className="kind-row" aria-hidden="true">
      {props.inputs.map(mark)}
      <span className="kind-arrow">→</span>
      {props.outputs.map(mark)}
    </span>
  );
}
