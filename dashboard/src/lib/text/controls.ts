/** Characters that nobody sees and that change what others see: they are named on the page, and take no effect there. */

const NAMES: Readonly<Record<number, string>> = {
  0x00ad: "SHY",
  0x034f: "CGJ",
  0x061c: "ALM",
  0x115f: "HCF",
  0x1160: "HJF",
  0x180e: "MVS",
  0x200b: "ZWSP",
  0x200e: "LRM",
  0x200f: "RLM",
  0x2028: "LSEP",
  0x2029: "PSEP",
  0x202a: "LRE",
  0x202b: "RLE",
  0x202c: "PDF",
  0x202d: "LRO",
  0x202e: "RLO",
  0x2060: "WJ",
  0x2061: "FA",
  0x2062: "IT",
  0x2063: "IS",
  0x2064: "IP",
  0x2066: "LRI",
  0x2067: "RLI",
  0x2068: "FSI",
  0x2069: "PDI",
  0x206a: "ISS",
  0x206b: "ASS",
  0x206c: "IAFS",
  0x206d: "AAFS",
  0x206e: "NADS",
  0x206f: "NODS",
  0x3164: "HF",
  0xfeff: "BOM",
  0xffa0: "HHF",
  0x0d: "CR",
  0x1b: "ESC",
  0x00: "NUL",
};

/** What to write in its place; null for a character that is shown as it is. Joiners of emoji and of scripts are. */
export function controlName(code: number): string | null {
  const name = NAMES[code];
  if (name !== undefined) return name;
  if (code === 0x09 || code === 0x0a) return null;
  if (code < 0x20 || (code >= 0x7f && code < 0xa0))
    return `x${code.toString(16).padStart(2, "0").toUpperCase()}`;
  // Tags: letters that can be hidden in any text.
  if (code >= 0xe0000 && code < 0xe0080) return "TAG";
  // Selectors of variants beyond those of emoji: bytes can be hidden in them.
  if (code >= 0xe0100 && code < 0xe01f0) return "VS";
  // Interlinear annotation.
  if (code >= 0xfff9 && code <= 0xfffb) return "IA";
  // Half of a pair.
  if (code >= 0xd800 && code < 0xe000) return `x${code.toString(16).toUpperCase()}`;
  return null;
}

const CANDIDATES = new RegExp(
  "[\\u0000-\\u0008\\u000b-\\u001f\\u007f-\\u009f\\u00ad\\u034f\\u061c\\u115f\\u1160\\u180e\\u200b\\u200e\\u200f\\u2028-\\u202e\\u2060-\\u206f\\u3164\\ufeff\\uffa0\\ufff9-\\ufffb\\ud800-\\udfff]",
);

/** Whether there may be one: a quick look, since most texts have none. */
export function mayHoldControls(text: string): boolean {
  return CANDIDATES.test(text);
}
