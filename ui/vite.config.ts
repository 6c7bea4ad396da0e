/** Build, development server and tests of the window. */
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";
import { devMedia } from "./dev-media.ts";

export default defineConfig({
  plugins: [react(), devMedia()],
  clearScreen: false,
  server: { port: 5173, strictPort: true, host: "127.0.0.1" },
  build: {
    target: "es2022",
    // The content policy of the window forbids inline scripts and data: fonts.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1200,
  },
  test: {
    environment: "jsdom",
    include: ["src/**/*.test.{ts,tsx}"],
    setupFiles: ["src/testing/setup.ts"],
    restoreMocks: true,
    // Whole windows are mounted, also on machines that are busy with other work.
    testTimeout: 30_000,
  },
});
