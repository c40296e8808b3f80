/** What a CSS variable is worth now: `"--ink"` to `"#1b1f26"`. */
export type ReadVariable = (name: string) => string;

const VARIABLE = /^var\((--[\w-]+)\)$/;

/**
 * A copy of an option in which every `"var(--name)"` is the colour that the variable stands for: a canvas knows no
 * variables. Functions and everything that is not plain stay as they are.
 */
export function painted<T>(option: T, read: ReadVariable): T {
  if (typeof option === "string") {
    const found = VARIABLE.exec(option);
    return (found?.[1] === undefined ? option : read(found[1])) as T;
  }
  if (Array.isArray(option)) return option.map(part => painted(part, read)) as T;
  if (option !== null && typeof option === "object" && Object.getPrototypeOf(option) === Object.prototype) {
    return Object.fromEntries(Object.entries(option).map(([name, part]) => [name, painted(part, read)])) as T;
  }
  return option;
}

/** Reads variables of the page, as its colour scheme has them now. */
export function pageVariables(): ReadVariable {
  const style = getComputedStyle(document.documentElement);
  return name => style.getPropertyValue(name).trim();
}
