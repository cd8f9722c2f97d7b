/** Everything about what is chosen: one node, several, or the workflow itself. */

import { useGraph, useScope, useSelection } from "../state/hooks";
import { GraphFacts } from "./inspector/GraphFacts";
import { NodeFacts } from "./inspector/NodeFacts";
import { Several } from "./inspector/Several";
import "./inspector.css";

export default function Inspector() {
  const selection = useSelection();
  const { nodes } = useGraph();
  const scope = useScope();
  const [first, second] = selection;
  if (second !== undefined) return <Several ids={[...selection]} />;
  if (first !== undefined && first in nodes)
    return <NodeFacts key={`${scope ?? ""} ${first}`} id={first} />;
  return <GraphFacts />;
}
