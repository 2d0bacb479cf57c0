import { vitePreprocess } from "@sveltejs/vite-plugin-svelte";

/** @type {import("@sveltejs/vite-plugin-svelte").SvelteConfig} */
export default {
  preprocess: vitePreprocess(),
  compilerOptions: {
    runes: true,
    // They stand in each file many times and compress badly: four characters tell some seventy components apart.
    cssHash: ({ hash, css }) => `s${hash(css).slice(-4)}`,
    discloseVersion: false,
  },
};
