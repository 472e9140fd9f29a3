import { startLocalStack } from "@honua/testing/local-stack";
import { walkRunbook } from "./runbook-tests.ts";

walkRunbook(startLocalStack);
