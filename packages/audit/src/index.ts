export { type ChainHead, EMPTY_CHAIN, formatHead, parseHead } from "./chain-head.ts";
export { type ChainProblem, type ChainVerifier, createChainVerifier } from "./chain-verifier.ts";
export { entryHash, entryHashParts, sealEntry, type UnsealedEntry } from "./entry-hash.ts";
