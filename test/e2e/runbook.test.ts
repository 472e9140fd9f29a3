import { startLocalStack } from "../harness/local-stack.ts";
import { walkRunbook } from "./runbook.ts";

walkRunbook(startLocalStack);
