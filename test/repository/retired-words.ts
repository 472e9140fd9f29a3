/**
 * Names and phrases that must not return, and the term that replaced each. They match as whole words,
 * with their exact case, in file names and in text. Add a word when its last use has gone.
 */
export const RETIRED_WORDS: Readonly<Record<string, string>> = {
  bury: "deadLetter",
  Departing: "ClientAbort",
  Departure: "ClientAbort",
  Gate: "limiter",
  LaneVisits: "LanePool",
  Room: "ByteBudget",
  Taken: "delivery",
  TakenMessage: "delivery",
  Taker: "LaneWorker",
  VisitQueue: "DrainScheduler",
  handover: "publish",
  slabs: "bufferPool",
  teeth: "edge-cases",
  "asks to be": "must be",
  "the field": "a term that names the thing",
  "the house": "a term that names the thing",
};
