// Pure modules under Node; what needs a document is proven in a real browser by tests/browser.
import { defineConfig } from "vitest/config";

export default defineConfig({ test: { include: ["tests/**/*.test.ts"], setupFiles: ["tests/setup.ts"] } });
