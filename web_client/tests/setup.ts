// What modules read of a browser while they are loaded; everything else a test brings itself.
import { vi } from "vitest";

import { memoryStorage } from "./storage";

vi.stubGlobal("localStorage", memoryStorage());
vi.stubGlobal("navigator", { language: "en-US" });
