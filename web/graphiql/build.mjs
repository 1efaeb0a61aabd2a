// Bundles GraphiQL into dist/: an index.html and, below assets/, scripts, styles and workers named by their content.
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { build } from "esbuild";

const DIST = new URL("dist/", import.meta.url).pathname;
const EXAMPLES = new URL("examples/", import.meta.url);
const ERRORS = new URL("../../docs/errors/", import.meta.url);

const WORKERS = {
  editor: "monaco-editor/esm/vs/editor/editor.worker.js",
  json: "monaco-editor/esm/vs/language/json/json.worker.js",
  graphql: "monaco-graphql/esm/graphql.worker.js",
};

const common = {
  bundle: true,
  minify: true,
  metafile: true,
  target: "es2022",
  legalComments: "none",
  entryNames: "[name]-[hash]",
  define: { "process.env.NODE_ENV": '"production"' },
  logLevel: "warning",
};

// graphiql/style.css holds Monaco's styles and its icon font already.
const withoutMonacoStyles = {
  name: "without-monaco-styles",
  setup(pipeline) {
    pipeline.onLoad({ filter: /monaco-editor[\\/].*\.css$/ }, () => ({ contents: "", loader: "css" }));
  },
};

/**
 * Returns the examples in the order of their file names, each a tab; variables stand beside in NAME.variables.json.
 * The number is the one that the README uses, and the name that of the operation, by which GraphiQL calls the tab.
 */
function examples() {
  const files = readdirSync(EXAMPLES).sort();
  return files
    .filter((file) => file.endsWith(".graphql"))
    .map((file) => {
      const variables = `${basename(file, ".graphql")}.variables.json`;
      const query = readFileSync(new URL(file, EXAMPLES), "utf8");
      return {
        number: file.slice(0, file.indexOf("-")),
        name: /^(?:query|mutation)\s+(\w+)/m.exec(query)[1],
        query,
        variables: files.includes(variables) ? readFileSync(new URL(variables, EXAMPLES), "utf8") : null,
      };
    });
}

/** Returns the address of a built entry point, whose name holds its hash; seen from the page, wherever that is served. */
function address(result, entryPoint) {
  const [path] = Object.entries(result.metafile.outputs).find(([, output]) => output.entryPoint?.endsWith(entryPoint));
  return `assets/${basename(path)}`;
}

rmSync(DIST, { recursive: true, force: true });

const workers = await build({ ...common, entryPoints: WORKERS, outdir: `${DIST}assets`, format: "iife" });
const workerAddresses = Object.fromEntries(Object.entries(WORKERS).map(([name, path]) => [name, address(workers, path)]));

const page = await build({
  ...common,
  entryPoints: { graphiql: "source/main.jsx" },
  outdir: `${DIST}assets`,
  format: "esm",
  splitting: true,
  chunkNames: "[name]-[hash]",
  jsx: "automatic",
  plugins: [withoutMonacoStyles],
  define: {
    ...common.define,
    WORKER_ADDRESSES: JSON.stringify(workerAddresses),
    EXAMPLES: JSON.stringify(examples()),
    PAGES: JSON.stringify(readdirSync(ERRORS).map((file) => basename(file, ".md"))),
  },
});
const script = address(page, "source/main.jsx");
const style = page.metafile.outputs[Object.keys(page.metafile.outputs).find((path) => path.endsWith(basename(script)))];

const html = readFileSync(new URL("source/index.html", import.meta.url), "utf8")
  .replace("STYLE", `assets/${basename(style.cssBundle)}`)
  .replace("SCRIPT", script);
// Written last: make takes this file as the sign that everything is there.
writeFileSync(`${DIST}index.html`, html);
