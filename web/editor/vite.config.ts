import { defineConfig } from "vite";

export default defineConfig({
  base: "./",
  publicDir: "public",
  esbuild: { jsx: "automatic" },
  build: {
    outDir: "../weft_web/static",
    emptyOutDir: true,
    assetsDir: "assets",
    // The server's policy allows no data: scripts, and a file is cached for ever by its hash.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: "es2022",
    reportCompressedSize: false,
  },
  server: {
    proxy: {
      "/api": { target: "http://127.0.0.1:8320", ws: true },
      "/ext": "http://127.0.0.1:8320",
    },
  },
});
