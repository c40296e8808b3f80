/** The language of targets: text to JSON and back, as docs/targets.md has it. */
export { tryParse } from "./parse.js";
export { print } from "./print.js";
