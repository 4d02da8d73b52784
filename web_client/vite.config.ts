// Builds into server/http/static, which the server serves and the wheel carries. The page's policy
// is `script-src 'self'; style-src 'self'`, so nothing may be inlined: no data: assets, no polyfill.
import { defineConfig } from "vite";

const server_url = process.env["KAIBO_URL"] ?? "http://127.0.0.1:8000";

export default defineConfig({
  build: {
    outDir: "../server/http/static",
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: "es2022",
    chunkSizeWarningLimit: 700, // hls.js, loaded only when a room shows video
  },
  server: {
    proxy: {
      "/v1": { target: server_url, ws: true },
      "/pay": { target: server_url },
      "/demo": { target: server_url },
    },
  },
});
