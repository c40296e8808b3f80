import classes from "./Audit.module.css";

/** The facts of an entry, each with its name. */
export function Detail({ detail }: { detail: Readonly<Record<string, unknown>> }) {
  return (
    <dl className={classes.facts}>
      {Object.entries(detail)
        .filter(([, value]) => value !== null)
        .map(([name, value]) => (
          <div key={name} className={classes.fact}>
            <dt>{name}</dt>
            <dd title={written(value)}>{written(value)}</dd>
          </div>
        ))}
    </dl>
  );
}

const written = (value: unknown) => (typeof value === "string" ? value : JSON.stringify(value));
