export { type ChainHead, formatHead, parseHead, START } from "./chain-head.ts";
export { type ChainProblem, type ChainVerifier, createChainVerifier } from "./chain-verifier.ts";
export { entryHash, sealableParts, sealed, type UnsealedEntry } from "./entry-hash.ts";
