/** The parts of a node's help. */

/** Its first line: what the node does. */
export function firstLine(help: string): string {
  const [line = ""] = help.split("\n", 1);
  return line.trim();
}

/** Its paragraphs, without the lines about single inputs, which stand at those. */
export function paragraphs(help: string, inputs: readonly string[]): readonly string[] {
  const isAbout = (line: string) => inputs.some((name) => line.startsWith(`${name}:`));
  return help
    .split(/\n\s*\n/)
    .map((one) => one.trim())
    .filter((one) => one !== "" && !isAbout(one))
    .map((one) => one.replace(/\s*\n\s*/g, " "));
}
