import { startLocalStack } from "@honua/testing/local-stack";
import { testRunbook } from "./runbook-tests.ts";

testRunbook(startLocalStack);
