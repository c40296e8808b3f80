import { locale } from "../words/locale.js";

/** `1,284`, as the viewer's language groups digits. */
export function figure(value: number): string {
  return new Intl.NumberFormat(locale()).format(value);
}

/** `61 %` of a share between 0 and 1; one decimal below 10 %, unless it is whole. */
export function percent(share: number): string {
  const digits = share > 0 && share < 0.1 && !Number.isInteger(share * 100) ? 1 : 0;
  return new Intl.NumberFormat(locale(), { style: "percent", maximumFractionDigits: digits }).format(share);
}

/** `$0.0005`: an amount in US dollars, small ones to two significant digits. */
export function dollars(usd: number): string {
  const small = usd !== 0 && Math.abs(usd) < 0.1;
  return new Intl.NumberFormat(locale(), {
    style: "currency",
    currency: "USD",
    ...(small ? { maximumSignificantDigits: 2 } : { maximumFractionDigits: 2 }),
  }).format(usd);
}
