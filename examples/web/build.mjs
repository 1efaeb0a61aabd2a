// Types the documents, checks the types, and bundles the page into dist/: an index.html and, below assets/, a script and a
// style sheet named by their content.
import { spawnSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const HERE = new URL("./", import.meta.url);
const DIST = fileURLToPath(new URL("dist/", HERE));

/** Runs a script of an installed package; what it complains of ends the build. */
function run(script, ...given) {
  const done = spawnSync(process.execPath, [`node_modules/${script}`, ...given], { cwd: fileURLToPath(HERE), encoding: "utf8" });
  if (done.status !== 0) {
    process.stderr.write(`${done.stdout}${done.stderr}`);
    process.exit(1);
  }
}

rmSync(DIST, { recursive: true, force: true });
run("@graphql-codegen/cli/cjs/bin.js", "--config", "codegen.json");
run("typescript/bin/tsc", "--project", "tsconfig.json");

const page = await build({
  absWorkingDir: fileURLToPath(HERE),
  entryPoints: { apply: "source/main.tsx" },
  outdir: `${DIST}assets`,
  bundle: true,
  minify: true,
  metafile: true,
  format: "esm",
  jsx: "automatic",
  target: "es2022",
  legalComments: "none",
  entryNames: "[name]-[hash]",
  define: { "process.env.NODE_ENV": '"production"' },
  logLevel: "warning",
});
const [script, { cssBundle }] = Object.entries(page.metafile.outputs).find(([, output]) => output.entryPoint);
const html = readFileSync(new URL("source/index.html", HERE), "utf8")
  .replace("STYLE", `apply/assets/${basename(cssBundle)}`)
  .replace("SCRIPT", `apply/assets/${basename(script)}`);
// Written last: make takes this file as the sign that everything is there.
writeFileSync(`${DIST}index.html`, html);
