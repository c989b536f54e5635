// Checks the types of the page's scripts, as `tsc -p` does, without the vendored scripts that they import:
// those are minified and have no types.
import ts from "typescript";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const read = ts.readConfigFile(`${here}tsconfig.json`, ts.sys.readFile);
const { options, fileNames } = ts.parseJsonConfigFileContent(read.config, ts.sys, here);
const found = ts.getPreEmitDiagnostics(ts.createProgram(fileNames, options))
  .filter(({ file }) => !file?.fileName.includes("/static/vendor/"));
const host = { getCanonicalFileName: (name) => name, getCurrentDirectory: () => process.cwd(), getNewLine: () => "\n" };
process.stderr.write(ts.formatDiagnostics(found, host));
console.log(`${fileNames.length} files, ${found.length} type errors`);
process.exitCode = found.length ? 1 : 0;
