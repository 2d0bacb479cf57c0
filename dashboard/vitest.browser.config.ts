import { defineConfig } from "vitest/config";

/** Tests in a real browser over real services, which `cargo xtask dashboard --browser` starts. */
export default defineConfig({
  test: {
    include: ["tests/browser/**/*.test.ts"],
    environment: "node",
    // One browser at a time: pages are measured.
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
