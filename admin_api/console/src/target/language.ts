/** The language of targets: text to JSON and back, as docs/targets.md has it. */
export { BOUNDS, EVERYBODY, type Expression, type Op, type Value } from "./expression.js";
export { offsetOf, TargetFault } from "./fault.js";
export { parse, tryParse } from "./parse.js";
export { print } from "./print.js";
