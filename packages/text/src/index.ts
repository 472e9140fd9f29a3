export { closestWord, didYouMean } from "./closest-word.ts";
export { countOf } from "./count-of.ts";
export { editDistance } from "./edit-distance.ts";
export { firstLine } from "./first-line.ts";
