/** The order of names in a file. */

/** Compare texts by their code points, as Python sorts them, and not by their UTF-16 units. */
export function byCodePoint(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    const left = a.charCodeAt(index);
    const right = b.charCodeAt(index);
    if (left !== right) return rank(left) - rank(right);
  }
  return a.length - b.length;
}

/** A unit's place in the order: surrogates stand for what is above all others. */
function rank(unit: number): number {
  if (unit >= 0xe000) return unit - 0x800;
  return unit >= 0xd800 ? unit + 0x2000 : unit;
}

const PARTS = /\d+|\D+/g;

/** Compare names by which digits count as numbers: `item2` comes before `item10`. */
export function counting(a: string, b: string): number {
  const left = a.match(PARTS) ?? [];
  const right = b.match(PARTS) ?? [];
  for (let index = 0; index < Math.min(left.length, right.length); index++) {
    const [x = "", y = ""] = [left[index], right[index]];
    const [n, m] = [Number(x), Number(y)];
    const numbers = Number(!/^\d/.test(x)) - Number(!/^\d/.test(y));
    if (numbers !== 0) return numbers;
    const order = /^\d/.test(x) ? n - m : byCodePoint(x, y);
    if (order !== 0) return order;
  }
  return left.length - right.length || byCodePoint(a, b);
}
