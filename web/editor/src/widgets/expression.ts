/**
 * Sums typed into a number field: `512*2`, `(3 + 1) / 2`, `2^10`. Whole numbers stay exact at any
 * size; a decimal comma is read as a point.
 */

export type Num = number | bigint;

const LONGEST = 200;
const DEEPEST = 32;
// Of an exact power: far beyond any field, and far from slow.
const MOST_BITS = 2048;
const TOKEN = /\s*(?:(\d+(?:[.,]\d*)?(?:e[+-]?\d+)?|[.,]\d+(?:e[+-]?\d+)?)|(\*\*|[-+*/%^()]))/iy;

type Token = Num | string;

/** What a text comes to, or null where it is no sum or comes to no finite number. */
export function evaluate(text: string): Num | null {
  const tokens = tokenise(text.replace(/[−–]/g, "-").replace(/×/g, "*").replace(/÷/g, "/"));
  if (!tokens) return null;
  try {
    const reader = new Reader(tokens);
    const result = reader.sum();
    return reader.ended && isUsable(result) ? result : null;
  } catch (error) {
    if (error instanceof NotASum) return null;
    throw error;
  }
}

class NotASum extends Error {}

function isUsable(value: Num): boolean {
  return typeof value === "bigint" || Number.isFinite(value);
}

function tokenise(text: string): Token[] | null {
  if (text.length > LONGEST) return null;
  const tokens: Token[] = [];
  const rest = text.trimEnd();
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < rest.length) {
    const match = TOKEN.exec(rest);
    if (!match) return null;
    tokens.push(match[1] === undefined ? (match[2] as string) : literal(match[1]));
  }
  return tokens.length > 0 ? tokens : null;
}

function literal(text: string): Num {
  return /^\d+$/.test(text) ? BigInt(text) : Number(text.replace(",", "."));
}

class Reader {
  private at = 0;
  private depth = 0;

  constructor(private readonly tokens: readonly Token[]) {}

  get ended(): boolean {
    return this.at === this.tokens.length;
  }

  sum(): Num {
    let left = this.product();
    for (let sign = this.take("+", "-"); sign; sign = this.take("+", "-"))
      left = apply(sign, left, this.product());
    return left;
  }

  private product(): Num {
    let left = this.signed();
    for (let sign = this.take("*", "/", "%"); sign; sign = this.take("*", "/", "%"))
      left = apply(sign, left, this.signed());
    return left;
  }

  private signed(): Num {
    const sign = this.take("-", "+");
    if (!sign) return this.power();
    this.enter();
    const value = this.signed();
    this.depth -= 1;
    return sign === "-" ? -value : value;
  }

  private power(): Num {
    const base = this.atom();
    return this.take("**", "^") ? apply("^", base, this.signed()) : base;
  }

  private atom(): Num {
    const token = this.tokens[this.at++];
    if (token === "(") {
      this.enter();
      const value = this.sum();
      this.depth -= 1;
      if (!this.take(")")) throw new NotASum();
      return value;
    }
    if (token === undefined || typeof token === "string") throw new NotASum();
    return token;
  }

  private enter(): void {
    this.depth += 1;
    if (this.depth > DEEPEST) throw new NotASum();
  }

  private take(...signs: string[]): string | null {
    const token = this.tokens[this.at];
    if (typeof token !== "string" || !signs.includes(token)) return null;
    this.at += 1;
    return token;
  }
}

function apply(sign: string, left: Num, right: Num): Num {
  if (typeof left === "bigint" && typeof right === "bigint") {
    const exact = applyExactly(sign, left, right);
    if (exact !== null) return exact;
  }
  const [a, b] = [Number(left), Number(right)];
  switch (sign) {
    case "+":
      return a + b;
    case "-":
      return a - b;
    case "*":
      return a * b;
    case "/":
      return a / b;
    case "%":
      return a % b;
    default:
      return a ** b;
  }
}

function applyExactly(sign: string, a: bigint, b: bigint): bigint | null {
  switch (sign) {
    case "+":
      return a + b;
    case "-":
      return a - b;
    case "*":
      return a * b;
    case "/":
      return b !== 0n && a % b === 0n ? a / b : null;
    case "%":
      return b !== 0n ? a % b : null;
    default:
      return b >= 0n && b * BigInt(a.toString(2).length) <= MOST_BITS ? a ** b : null;
  }
}
