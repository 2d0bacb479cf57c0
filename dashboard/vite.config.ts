import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";

import { compress } from "./scripts/compress.js";

/** The status-api that `npm run dev` asks; `cargo xtask up` starts one here. */
const api = process.env.STATUS_URL ?? "http://127.0.0.1:8081";

/** As status-api sends it (`dashboard.rs`), so that `npm run preview` shows what it would leave out. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; " +
  "base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

export default defineConfig({
  plugins: [svelte(), compress()],
  build: {
    target: "es2022",
    outDir: process.env.DASHBOARD_OUT ?? "dist",
    emptyOutDir: true,
    assetsInlineLimit: 0,
    // What a page needs comes with it: the browser asks for it in time, and a polyfill would only add bytes.
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    // One file of each kind: together they are smaller than many small ones, and there is nothing to wait for on the way to a page.
    cssCodeSplit: false,
    rolldownOptions: { output: { codeSplitting: false } },
  },
  server: { proxy: { "/v1": api, "/docs": api, "/openapi.json": api } },
  preview: {
    proxy: { "/v1": api, "/docs": api, "/openapi.json": api },
    headers: { "Content-Security-Policy": POLICY },
  },
  test: { include: ["src/**/*.test.ts", "scripts/**/*.test.ts"], environment: "node" },
});
