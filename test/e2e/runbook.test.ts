import { startLocalStack } from "@honua/testing/local-stack";
import { walkRunbook } from "./runbook.ts";

walkRunbook(startLocalStack);
