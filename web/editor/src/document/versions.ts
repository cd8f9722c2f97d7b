/** Versions and specifiers of Python distributions (PEP 440), as far as `requires` needs them. */

interface Version {
  readonly epoch: number;
  readonly release: readonly number[];
  /** Development, pre-release, release and post-release, in the order in which they come. */
  readonly phase: readonly (number | string)[];
  readonly local: readonly (number | string)[];
}

const VERSION =
  /^v?(?:(\d+)!)?(\d+(?:\.\d+)*)(?:[-_.]?(a|b|c|rc|alpha|beta|pre|preview)[-_.]?(\d*))?(?:-(\d+)|[-_.]?(post|rev|r)[-_.]?(\d*))?(?:[-_.]?(dev)[-_.]?(\d*))?(?:\+([a-z0-9]+(?:[-_.][a-z0-9]+)*))?$/;
const CLAUSE = /^(~=|===|==|!=|<=|>=|<|>)\s*(\S+)$/;
const NAMES: Readonly<Record<string, string>> = {
  alpha: "a",
  beta: "b",
  c: "rc",
  pre: "rc",
  preview: "rc",
};

function parse(text: string): Version | null {
  const found = VERSION.exec(text.trim().toLowerCase());
  if (!found) return null;
  const [, epoch, release = "", pre, preNumber, dash, post, postNumber, dev, devNumber, local] =
    found;
  const isPost = dash !== undefined || post !== undefined;
  const before = pre ? (NAMES[pre] ?? pre) : isPost || !dev ? "z" : "";
  return {
    epoch: Number(epoch ?? 0),
    release: trimmed(release.split(".").map(Number)),
    phase: [
      // "" sorts before "a": a development version of a release comes before its pre-releases.
      before,
      pre ? Number(preNumber || 0) : 0,
      isPost ? Number(dash ?? (postNumber || 0)) : -1,
      dev ? Number(devNumber || 0) : Number.POSITIVE_INFINITY,
    ],
    local: (local?.split(/[-_.]/) ?? []).map((one) => (/^\d+$/.test(one) ? Number(one) : one)),
  };
}

function trimmed(release: readonly number[]): readonly number[] {
  const end = release.findLastIndex((one) => one !== 0);
  return release.slice(0, Math.max(1, end + 1));
}

function compareParts(a: readonly (number | string)[], b: readonly (number | string)[]): number {
  for (let index = 0; index < Math.max(a.length, b.length); index++) {
    const [x, y] = [a[index], b[index]];
    if (x === y) continue;
    if (x === undefined) return -1;
    if (y === undefined) return 1;
    // In a local version numbers come after letters.
    if (typeof x !== typeof y) return typeof x === "number" ? 1 : -1;
    return x < y ? -1 : 1;
  }
  return 0;
}

function compareRelease(a: readonly number[], b: readonly number[]): number {
  for (let index = 0; index < Math.max(a.length, b.length); index++) {
    const order = (a[index] ?? 0) - (b[index] ?? 0);
    if (order !== 0) return order;
  }
  return 0;
}

function comparePublic(a: Version, b: Version): number {
  return (
    a.epoch - b.epoch || compareRelease(a.release, b.release) || compareParts(a.phase, b.phase)
  );
}

/** A distribution's name as pip compares it: Acme_Nodes is acme-nodes. */
export function canonicalName(name: string): string {
  return name.replace(/[-_.]+/g, "-").toLowerCase();
}

/** Whether a text is a version specifier, such as ">=1.2,<2". */
export function isSpecifier(text: string): boolean {
  return clausesOf(text) !== null;
}

/** Whether a version is among those that a specifier means, pre-releases included. */
export function satisfies(version: string, specifier: string): boolean {
  const clauses = clausesOf(specifier);
  const have = parse(version);
  if (!clauses) return false;
  return clauses.every(([operator, wanted]) => {
    if (operator === "===") return version.toLowerCase() === wanted.toLowerCase();
    return have !== null && meets(have, operator, wanted);
  });
}

type Clause = readonly [operator: string, version: string];

function clausesOf(text: string): readonly Clause[] | null {
  const clauses: Clause[] = [];
  for (const part of text.split(",")) {
    if (part.trim() === "") continue;
    const [, operator = "", version = ""] = CLAUSE.exec(part.trim()) ?? [];
    if (!isClause(operator, version)) return null;
    clauses.push([operator, version]);
  }
  return clauses;
}

function isClause(operator: string, version: string): boolean {
  if (operator === "===") return true;
  if (version.endsWith(".*"))
    return (operator === "==" || operator === "!=") && isPlainPrefix(version.slice(0, -2));
  const parsed = parse(version);
  if (!parsed || operator === "") return false;
  if (operator === "~=") return /^v?(\d+!)?\d+\.\d/.test(version) && parsed.local.length === 0;
  return operator === "==" || operator === "!=" || parsed.local.length === 0;
}

function isPlainPrefix(version: string): boolean {
  const parsed = parse(version);
  return (
    parsed !== null && parsed.local.length === 0 && parsed.phase[3] === Number.POSITIVE_INFINITY
  );
}

function meets(have: Version, operator: string, text: string): boolean {
  if (text.endsWith(".*")) return hasPrefix(have, text.slice(0, -2)) === (operator === "==");
  const wanted = parse(text);
  if (!wanted) return false;
  const order = comparePublic(have, wanted);
  switch (operator) {
    case "==":
    case "!=": {
      const same =
        order === 0 && (wanted.local.length === 0 || compareParts(have.local, wanted.local) === 0);
      return same === (operator === "==");
    }
    case ">=":
      return order >= 0;
    case "<=":
      return order <= 0;
    case "<":
      return isPre(wanted) ? order < 0 : comparePublic(have, firstOf(wanted)) < 0;
    case ">":
      return order > 0 && (isPost(wanted) || isDev(wanted) || !isSameBut(have, wanted));
    default:
      return order >= 0 && hasPrefix(have, prefixOf(text));
  }
}

function isDev({ phase: [, , , dev] }: Version): boolean {
  return dev !== Number.POSITIVE_INFINITY;
}

function isPre(one: Version): boolean {
  return one.phase[0] !== "z" || isDev(one);
}

function isPost({ phase: [, , post] }: Version): boolean {
  return post !== -1;
}

/** The first development version of a version: what comes before it is no pre-release of it. */
function firstOf(one: Version): Version {
  const [before = "", pre = 0, post = -1] = one.phase;
  return { ...one, phase: isPost(one) ? [before, pre, post, 0] : ["", 0, -1, 0] };
}

/** Whether two versions are the same but for being post-releases. */
function isSameBut(a: Version, b: Version): boolean {
  const alike = a.epoch === b.epoch && compareRelease(a.release, b.release) === 0;
  return alike && a.phase[0] === b.phase[0] && a.phase[1] === b.phase[1];
}

/** What `~=` holds fixed: all numbers of the release but the last. */
function prefixOf(text: string): string {
  const release = /^v?((?:\d+!)?\d+(?:\.\d+)*)/i.exec(text.trim())?.[1] ?? "";
  return release.replace(/\.\d+$/, "");
}

/** Whether a version begins with the numbers of another. */
function hasPrefix(have: Version, text: string): boolean {
  const [epoch, release] = text.includes("!") ? text.split("!") : ["0", text];
  const wanted = /^v?(\d+(?:\.\d+)*)$/i.exec(release ?? "")?.[1];
  if (wanted === undefined) {
    const exact = parse(text);
    return exact !== null && comparePublic(have, exact) === 0;
  }
  const numbers = wanted.split(".").map(Number);
  return (
    have.epoch === Number(epoch) &&
    numbers.every((one, index) => (have.release[index] ?? 0) === one)
  );
}
