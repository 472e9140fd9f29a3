import { startLocalStack } from "../../packages/testing/src/local-stack.ts";
import { walkRunbook } from "./runbook.ts";

walkRunbook(startLocalStack);
