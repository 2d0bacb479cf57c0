/** The address, and how to change it. What a page shows is in its address, so that back, reload and a link to a colleague work. */

export interface Place {
  path: string;
  query: URLSearchParams;
}

function here(): Place {
  // A path that begins with two slashes would be taken for another host's when it is gone to again.
  return { path: location.pathname.replace(/^\/{2,}/, "/"), query: new URLSearchParams(location.search) };
}

class Router {
  place = $state.raw<Place>(here());
  /** How the place was reached: by back or forward a page looks as it was left. */
  reached = $state.raw<"link" | "history">("history");

  constructor() {
    // Pages put themselves back where they were: the browser would do it before their rows are there.
    history.scrollRestoration = "manual";
    addEventListener("popstate", () => {
      this.reached = "history";
      this.place = here();
    });
  }

  /** Goes to a page of ours, such as `/evaluations?status=failed`. */
  go(url: string, options: { replace?: boolean } = {}): void {
    if (url === location.pathname + location.search) return;
    const samePage = url.split("?", 1)[0] === location.pathname;
    if (options.replace) history.replaceState(null, "", url);
    else history.pushState(null, "", url);
    this.reached = "link";
    this.place = here();
    if (!samePage) scrollTo(0, 0);
  }

  /** Changes the query of the page that is open; an empty value takes a parameter away. */
  setQuery(changes: Record<string, string | null>, options: { replace?: boolean } = {}): void {
    const query = new URLSearchParams(this.place.query);
    for (const [key, value] of Object.entries(changes)) {
      if (value === null || value === "") query.delete(key);
      else query.set(key, value);
    }
    this.go(withQuery(this.place.path, query), options);
  }

  /** Follows links to our own pages without loading anything anew. For `click` on the document. */
  follow = (event: MouseEvent): void => {
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = (event.target as Element | null)?.closest("a");
    if (!link || link.target || link.hasAttribute("download") || link.origin !== location.origin) return;
    if (/^\/(v1|docs|openapi\.json)(\/|$)/.test(link.pathname)) return;
    if (link.hash && link.pathname === location.pathname && link.search === location.search) return;
    event.preventDefault();
    this.go(link.pathname + link.search);
  };
}

/** A path with a query, without a lone `?`. */
export function withQuery(path: string, query: URLSearchParams): string {
  const text = query.toString();
  return text === "" ? path : `${path}?${text}`;
}

export const router = new Router();
