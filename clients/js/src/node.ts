/** What a terminal on Node has besides: a place on disk. */

import { open, readFile, rename, rm } from "node:fs/promises";

import { read, type State, written } from "./state.js";

/** Keeps the snapshot in a JSON file, mode 0600, replaced as a whole: a power cut leaves the old or the new one. */
export function jsonFile(path: string): State {
  return {
    load: async () => {
      let text: string;
      try {
        text = await readFile(path, "utf8");
      } catch (error) {
        if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
        throw error;
      }
      return read(text, path);
    },
    save: async snapshot => {
      const newer = `${path}.${process.pid}.new`;
      try {
        const file = await open(newer, "w", 0o600);
        try {
          await file.writeFile(written(snapshot));
          await file.sync();
        } finally {
          await file.close();
        }
        await rename(newer, path);
      } catch (error) {
        await rm(newer, { force: true });
        throw error;
      }
    },
  };
}
