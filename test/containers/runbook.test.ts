import { describe } from "vitest";
import { testRunbook } from "../e2e/runbook-tests.ts";
import { hasContainers } from "./container-engine.ts";
import { startContainerStack } from "./container-stack.ts";

describe.skipIf(!hasContainers())("in containers", () => testRunbook(startContainerStack));
