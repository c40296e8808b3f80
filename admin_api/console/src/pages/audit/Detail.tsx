import type { Expression } from "../../api/schema.js";
import { print } from "../../target/print.js";
import classes from "./Audit.module.css";

/** The facts of an entry, each with its name. A target is written as people write it. */
export function Detail({ detail }: { detail: Readonly<Record<string, unknown>> }) {
  return (
    <dl className={classes.facts}>
      {Object.entries(detail)
        .filter(([, value]) => value !== null)
        .map(([name, value]) => (
          <div key={name} className={classes.fact}>
            <dt>{name}</dt>
            <dd title={written(name, value)}>{written(name, value)}</dd>
          </div>
        ))}
    </dl>
  );
}

function written(name: string, value: unknown): string {
  if (typeof value === "string") return value;
  if (name === "target" && typeof value === "object") return print(value as Expression);
  if (name === "strategy" && typeof value === "object" && value !== null && "name" in value) return String(value.name);
  return JSON.stringify(value);
}
