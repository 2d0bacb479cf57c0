/** Who labels: the browser remembers the name. */

const KEY = "autorater.rater";

function stored(): string {
  try {
    return localStorage.getItem(KEY) ?? "";
  } catch {
    // Without storage the name is asked for once a visit.
    return "";
  }
}

class Rater {
  name = $state(stored());

  keep(): void {
    try {
      localStorage.setItem(KEY, this.name.trim());
    } catch {
      // It holds until the page is left.
    }
  }
}

export const rater = new Rater();
