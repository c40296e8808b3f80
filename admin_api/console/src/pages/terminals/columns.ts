import type { Vocabulary } from "../../target/completion.js";

const MOST_COLUMNS = 3;
/** An attribute of more values is of one terminal or two, and is looked up in the drawer. */
const MOST_VALUES = 19;

/**
 * The attributes that get a column: those that most terminals have and that tell them apart, yes and no last. They go
 * by everybody who is connected, so that a filter changes rows and not columns.
 */
export function attributeColumns({ attributes }: Vocabulary): string[] {
  return [...attributes]
    .filter(([, held]) => held.length > 1 && held.length <= MOST_VALUES)
    .map(([name, held]) => ({
      name,
      truth: held.every(each => typeof each.value === "boolean"),
      values: held.length,
      connections: held.reduce((sum, each) => sum + each.connections, 0),
    }))
    .sort(
      (one, other) =>
        Number(one.truth) - Number(other.truth) || other.connections - one.connections || one.values - other.values,
    )
    .slice(0, MOST_COLUMNS)
    .map(({ name }) => name);
}
