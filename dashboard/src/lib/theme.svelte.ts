/** Light or dark: as the system has it, unless the reader chose. */

export type Theme = "system" | "light" | "dark";

const KEY = "autorater.theme";
const NEXT: Record<Theme, Theme> = { system: "light", light: "dark", dark: "system" };

function stored(): Theme {
  try {
    const value = localStorage.getItem(KEY);
    return value === "light" || value === "dark" ? value : "system";
  } catch {
    // A browser may keep storage from us; the system's theme is a good one.
    return "system";
  }
}

class ThemeChoice {
  current = $state<Theme>(stored());

  /** Makes the page look like it. */
  apply(): void {
    const root = document.documentElement;
    if (this.current === "system") delete root.dataset.theme;
    else root.dataset.theme = this.current;
  }

  /** Goes on to the next of the three. */
  toggle(): void {
    this.current = NEXT[this.current];
    this.apply();
    try {
      localStorage.setItem(KEY, this.current);
    } catch {
      // It holds until the page is left.
    }
  }
}

export const theme = new ThemeChoice();
