import { gzipSync } from "node:zlib";
import type { Plugin } from "vite";

/** Fails the build when what a page loads at once is over `budgetBytes`, gzipped; says how much it is. */
export function firstLoad(budgetBytes: number): Plugin {
  return {
    name: "first-load",
    apply: "build",
    generateBundle: {
      order: "post",
      handler(_options, bundle) {
        const text = (name: string): string | Uint8Array => {
          const file = bundle[name];
          if (file === undefined) throw new Error(`${name} is loaded at once and not built`);
          return file.type === "chunk" ? file.code : file.source;
        };
        for (const page of Object.keys(bundle).filter(name => name.endsWith(".html"))) {
          const files = [...String(text(page)).matchAll(/(?:src|href)="\.\/(assets\/[^"]+\.(?:js|css))"/g)];
          const bytes = files.reduce((sum, [, name]) => sum + gzipSync(text(String(name))).length, 0);
          if (files.length === 0) throw new Error(`${page} loads nothing`);
          const said = `${page}: ${(bytes / 1024).toFixed(1)} KB gzipped at first load`;
          if (bytes > budgetBytes) throw new Error(`${said}, over its budget of ${budgetBytes / 1024} KB`);
          console.log(said);
        }
      },
    },
  };
}
