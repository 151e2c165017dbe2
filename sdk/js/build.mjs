// Builds one plugin: type check, bundle, component. `argonaut plugin build` runs it in the folder
// whose node_modules has the tools; the arguments are absolute paths.

import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { componentize } from "@bytecodealliance/componentize-js";
import * as esbuild from "esbuild";

const [project, kit, world, work, output] = process.argv.slice(1);

// This script has no place of its own that a relative path could begin at.
const { places: kitPlaces } = await import(pathToFileURL(join(kit, "places.mjs")));

/** What makes a person look at the code ends here, without this script's own stack. */
function fail(message) {
  console.error(message);
  process.exit(1);
}

/** The types, by the author's own tsconfig, where both it and the compiler are there. */
function check() {
  const compiler = join(process.cwd(), "node_modules/.bin/tsc");
  if (!existsSync(join(project, "tsconfig.json")) || !existsSync(compiler)) {
    return;
  }
  const run = spawnSync(compiler, ["--noEmit", "--pretty", "false"], { cwd: project, encoding: "utf8" });
  if (run.status !== 0) {
    fail(run.stdout + run.stderr);
  }
}

/** The entry: the author's class under the kit's guards. The kit's shadows come first. */
function entry(main) {
  const names = [
    "describe", "init", "load", "onHistory", "onStart", "onQuote", "onTrade", "onBar", "onTimer",
    "onOrderEvent", "onPositionEvent", "onStop", "save", "onBook", "onSignal",
  ];
  return [
    'import { exportsOf } from "argonaut/guest";',
    `import Plugin from ${JSON.stringify(main)};`,
    `export const { ${names.join(", ")} } = exportsOf(Plugin);`,
  ].join("\n");
}

async function bundle(main) {
  const built = await esbuild.build({
    stdin: { contents: entry(main), resolveDir: project, sourcefile: ".argonaut/entry.js" },
    absWorkingDir: project,
    alias: { argonaut: join(kit, "index.ts"), "argonaut/guest": join(kit, "guest.ts") },
    bundle: true,
    charset: "utf8",
    external: ["argonaut:*"],
    format: "esm",
    logLevel: "silent",
    outfile: join(project, "bundle.js"),
    sourcemap: "external",
    sourcesContent: false,
    target: "es2022",
    write: false,
  }).catch(async ({ errors }) => {
    fail((await esbuild.formatMessages(errors ?? [], { kind: "error" })).join(""));
  });
  const text = (ending) => built.outputFiles.find((file) => file.path.endsWith(ending)).text;
  const places = JSON.stringify(kitPlaces(JSON.parse(text(".map"))));
  // After everything else, so that no line moves.
  return `${text(".js")}\nglobalThis.argonautPlaces = ${places};\n`;
}

const manifest = JSON.parse(readFileSync(join(project, "package.json"), "utf8"));
const main = join(project, manifest.main ?? "strategy.ts");
if (!existsSync(main)) {
  fail(`${relative(project, main)}: no such file; \`main\` of package.json names the strategy`);
}
check();
const source = join(work, "strategy.js");
writeFileSync(source, await bundle(main));
// componentize-js takes a file's name to be below the current folder when it only looks so.
process.chdir(work);
try {
  const { component } = await componentize({
    sourcePath: source,
    witPath: world,
    worldName: "plugin",
    // No standard streams, chance, clocks or network: nothing that a plugin may not import.
    disableFeatures: ["stdio", "random", "clocks", "http", "fetch-event"],
  });
  writeFileSync(output, component);
} catch (error) {
  fail(error.message);
}
