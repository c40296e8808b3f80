import type { Audience } from "../../api/schema.js";

const MOST_COLUMNS = 3;

/** The attributes that get a column: those that most have and that tell terminals apart. */
export function attributeColumns(audience: Audience | undefined): string[] {
  return Object.entries(audience?.by_attribute ?? {})
    .map(([name, held]) => ({
      name,
      values: held.length,
      connections: held.reduce((sum, each) => sum + each.connections, 0),
    }))
    .sort((one, other) => other.connections - one.connections || one.values - other.values)
    .slice(0, MOST_COLUMNS)
    .map(({ name }) => name);
}
