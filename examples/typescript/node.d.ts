// The little of Node that these programs need.
declare const process: { env: Record<string, string | undefined>; argv: string[]; exitCode: number };
declare module "node:fs" {
  export function readFileSync(path: string, encoding: "utf8"): string;
}
