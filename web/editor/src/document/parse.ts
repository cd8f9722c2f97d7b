/** A JSON parser that keeps what `JSON.parse` loses: 4.0, large integers, keys that stand twice. */

import { type BadCode, DocumentError, type DocumentProblem } from "./errors";
import { emptyRecord, Float, type Json } from "./value";

const MAX_DEPTH = 64;
const MAX_DUPLICATES = 20; // that are told
const MAX_DIGITS = 4300;
const SPACE = /[ \t\n\r]*/y;
const NUMBER = /-?(?:0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON allows none in a text
const PLAIN = /[^"\\\u0000-\u001f]*/y;
const CONSTANT = /NaN|-?Infinity/y;
const LONE = /\p{Surrogate}/u;
const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  "\\": "\\",
  "/": "/",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
};

/** The value of a JSON text. Raises DocumentError, as the engine does, that says where. */
export function parseJson(text: string, maxDepth = MAX_DEPTH): Json {
  return new Parser(text, maxDepth).parse();
}

class Parser {
  #at = 0;
  readonly #duplicates: DocumentProblem[] = [];

  constructor(
    private readonly text: string,
    private readonly maxDepth: number,
  ) {}

  parse(): Json {
    const half = this.text.search(LONE);
    if (half >= 0) this.#fail("surrogate", "half a character", half);
    const value = this.#value(0);
    this.#space();
    if (this.#at < this.text.length) this.#fail("syntax", "nothing may follow the value");
    if (this.#duplicates.length > 0) throw new DocumentError(this.#duplicates);
    return value;
  }

  #value(depth: number): Json {
    this.#space();
    switch (this.text[this.#at]) {
      case "{":
        return this.#object(depth + 1);
      case "[":
        return this.#array(depth + 1);
      case '"':
        return this.#string();
      case "t":
        return this.#word("true", true);
      case "f":
        return this.#word("false", false);
      case "n":
        return this.#word("null", null);
      default:
        return this.#number();
    }
  }

  #object(depth: number): Json {
    this.#enter(depth);
    const made = emptyRecord<Json>();
    for (let more = !this.#skip("}"); more; more = this.#next("}")) {
      this.#space();
      const start = this.#at;
      if (this.text[start] !== '"') this.#fail("syntax", "a key in double quotes is expected");
      const key = this.#string();
      if (key in made) this.#twice(key, start);
      this.#space();
      if (this.text[this.#at] !== ":") this.#fail("syntax", "a colon is expected");
      this.#at++;
      made[key] = this.#value(depth);
    }
    return made;
  }

  #array(depth: number): Json {
    this.#enter(depth);
    const made: Json[] = [];
    for (let more = !this.#skip("]"); more; more = this.#next("]")) made.push(this.#value(depth));
    return made;
  }

  #enter(depth: number): void {
    if (depth > this.maxDepth) this.#fail("deep", `at most ${this.maxDepth} levels may be nested`);
    this.#at++;
  }

  /** Whether the container ends here. */
  #skip(end: string): boolean {
    this.#space();
    if (this.text[this.#at] !== end) return false;
    this.#at++;
    return true;
  }

  /** Whether another member follows; past the comma or the end. */
  #next(end: string): boolean {
    if (this.#skip(end)) return false;
    if (this.text[this.#at] !== ",") this.#fail("syntax", `a comma or ${end} is expected`);
    this.#at++;
    return true;
  }

  #string(): string {
    const start = this.#at++;
    let made = this.#run(PLAIN);
    let escaped = false;
    while (this.text[this.#at] !== '"') {
      if (this.text[this.#at] !== "\\") this.#fail("syntax", "a text is not ended");
      made += this.#escape() + this.#run(PLAIN);
      escaped = true;
    }
    this.#at++;
    if (escaped && LONE.test(made)) this.#fail("surrogate", "half a character", start);
    return made;
  }

  #escape(): string {
    const letter = this.text[this.#at + 1] ?? "";
    if (letter === "u") {
      const code = this.text.slice(this.#at + 2, this.#at + 6);
      if (!/^[0-9a-fA-F]{4}$/.test(code))
        this.#fail("syntax", "four hexadecimal digits are expected");
      this.#at += 6;
      return String.fromCharCode(Number.parseInt(code, 16));
    }
    const meant = Object.hasOwn(ESCAPES, letter) ? ESCAPES[letter] : undefined;
    if (meant === undefined) this.#fail("syntax", "there is no such escape");
    this.#at += 2;
    return meant;
  }

  #word<T>(word: string, value: T): T {
    if (!this.text.startsWith(word, this.#at)) this.#fail("syntax", "a value is expected");
    this.#at += word.length;
    return value;
  }

  #number(): Json {
    const start = this.#at;
    NUMBER.lastIndex = start;
    const found = NUMBER.exec(this.text);
    if (!found) {
      const constant = this.#run(CONSTANT);
      if (constant) this.#fail("number", `${constant} is no JSON number`, start);
      this.#fail("syntax", "a value is expected");
    }
    const [digits, fraction, exponent] = found;
    this.#at += digits.length;
    const n = Number(digits);
    if (fraction === undefined && exponent === undefined) {
      if (digits.length > MAX_DIGITS) this.#fail("number", "a number has too many digits", start);
      return Number.isSafeInteger(n) ? n + 0 : BigInt(digits);
    }
    if (!Number.isFinite(n)) this.#fail("number", `${digits} is too large for a number`, start);
    return Number.isInteger(n) ? new Float(n) : n;
  }

  #space(): void {
    this.#run(SPACE);
  }

  #run(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.text)?.[0] ?? "";
    this.#at += found.length;
    return found;
  }

  #twice(key: string, at: number): void {
    if (this.#duplicates.length >= MAX_DUPLICATES) return;
    const message = `the key ${JSON.stringify(key)} stands twice in one object`;
    this.#duplicates.push(this.#problem("duplicate", message, at, key));
  }

  #fail(code: BadCode, message: string, at = this.#at): never {
    throw new DocumentError([this.#problem(code, message, at)]);
  }

  #problem(code: BadCode, what: string, at: number, got?: string): DocumentProblem {
    const before = this.text.slice(0, at).split("\n");
    const line = before.length;
    const column = (before.at(-1)?.length ?? 0) + 1;
    const message = `the file is not JSON: ${what} at line ${line} column ${column}`;
    return { code, path: "", message, line, column, ...(got === undefined ? {} : { got }) };
  }
}
