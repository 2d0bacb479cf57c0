import svelte from "eslint-plugin-svelte";
import globals from "globals";
import ts from "typescript-eslint";

import svelteConfig from "./svelte.config.js";

export default ts.config(
  { ignores: ["dist", "src/api/schema.d.ts"] },
  ...ts.configs.strict,
  ...svelte.configs.recommended,
  { languageOptions: { globals: { ...globals.browser, ...globals.node } } },
  {
    files: ["**/*.svelte", "**/*.svelte.ts"],
    languageOptions: { parserOptions: { parser: ts.parser, extraFileExtensions: [".svelte"], svelteConfig } },
  },
  {
    files: ["**/*.svelte"],
    rules: {
      // Candidate text is never markup.
      "svelte/no-at-html-tags": "error",
      // The Content-Security-Policy has no `unsafe-inline`: a style attribute in markup would be left out.
      "no-restricted-syntax": [
        "error",
        { selector: 'SvelteAttribute[key.name="style"]', message: "Use a class or a `style:` directive." },
      ],
      "svelte/no-navigation-without-resolve": "off",
      "svelte/button-has-type": "error",
    },
  },
  {
    rules: {
      "no-restricted-properties": [
        "error",
        { property: "innerHTML", message: "Candidate text is never markup." },
        { property: "outerHTML", message: "Candidate text is never markup." },
        { property: "insertAdjacentHTML", message: "Candidate text is never markup." },
      ],
      "@typescript-eslint/no-non-null-assertion": "error",
      // Places and queries are replaced as a whole, never changed.
      "svelte/prefer-svelte-reactivity": "off",
      "max-lines": ["error", 400],
    },
  },
);
