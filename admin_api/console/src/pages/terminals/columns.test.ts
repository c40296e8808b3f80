import { expect, it } from "vitest";
import { NO_VOCABULARY } from "../../target/completion.js";
import { attributeColumns } from "./columns.js";

const held = (...values: [string | boolean, number][]) =>
  values.map(([value, connections]) => ({ value, connections }));

it("columns are of attributes that most have and that tell terminals apart", () => {
  const attributes = new Map([
    ["managed", held([true, 90], [false, 10])],
    ["host", held(...Array.from({ length: 20 }, (_, place): [string, number] => [`pc-${place}`, 5]))],
    ["site", held(["tokyo", 100])],
    ["os", held(["windows", 60], ["mac", 40])],
    ["kind", held(["pc", 50], ["kiosk", 20])],
  ]);
  expect(attributeColumns({ ...NO_VOCABULARY, attributes })).toEqual(["os", "kind", "managed"]);
});
