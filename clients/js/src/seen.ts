/** The last `most` ids, the least recently seen forgotten first: so that each push is shown once. */
export class Seen {
  readonly #ids = new Set<string>();
  readonly #most: number;

  constructor(ids: Iterable<string>, most: number) {
    this.#most = most;
    for (const id of ids) this.add(id);
  }

  /** Note an id; true if it was not there. */
  add(id: string): boolean {
    const isNew = !this.#ids.delete(id);
    this.#ids.add(id);
    if (this.#ids.size > this.#most) {
      for (const oldest of this.#ids) {
        this.#ids.delete(oldest);
        break;
      }
    }
    return isNew;
  }

  has(id: string): boolean {
    return this.#ids.has(id);
  }

  [Symbol.iterator](): Iterator<string> {
    return this.#ids.values();
  }
}
