/** Offsets of the API are bytes of UTF-8; a browser counts in UTF-16. */

/** How many bytes of UTF-8 the code unit at `index` adds; a pair of surrogates has all four at its first half. */
function bytesAt(text: string, index: number): number {
  const unit = text.charCodeAt(index);
  if (unit < 0x80) return 1;
  if (unit < 0x800) return 2;
  if (isPairAt(text, index)) return 4;
  return isLow(unit) && index > 0 && isPairAt(text, index - 1) ? 0 : 3;
}

function isLow(unit: number): boolean {
  return unit >= 0xdc00 && unit < 0xe000;
}

function isPairAt(text: string, index: number): boolean {
  const unit = text.charCodeAt(index);
  return unit >= 0xd800 && unit < 0xdc00 && isLow(text.charCodeAt(index + 1));
}

/** The places of byte offsets in a string, in one walk. An offset within a character is that character's beginning; one behind the end, the end. */
export function utf16Offsets(text: string, offsets: readonly number[]): number[] {
  const order = offsets.map((offset, index) => ({ offset, index })).sort((a, b) => a.offset - b.offset);
  const result = new Array<number>(offsets.length).fill(text.length);
  let bytes = 0;
  let next = 0;
  for (let index = 0; index < text.length && next < order.length; index++) {
    const size = bytesAt(text, index);
    // The second half of a pair begins no character.
    if (size === 0) continue;
    for (let wanted = order[next]; wanted && wanted.offset < bytes + size; wanted = order[++next]) {
      result[wanted.index] = index;
    }
    bytes += size;
  }
  return result;
}

/** How long a string is as UTF-8. */
export function utf8Length(text: string): number {
  let bytes = 0;
  for (let index = 0; index < text.length; index++) bytes += bytesAt(text, index);
  return bytes;
}

/** The longest beginning of a string that is at most so many bytes, without half a character: where it ends. */
export function prefixEnd(text: string, bytes: number): number {
  let sum = 0;
  for (let index = 0; index < text.length; index++) {
    const size = bytesAt(text, index);
    if (sum + size > bytes) return index;
    sum += size;
  }
  return text.length;
}
