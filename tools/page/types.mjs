// Checks the types of the page's scripts, as `tsc -p` does, without the vendored scripts that they import:
// those are minified and have no types, and take a quarter of the time.
import ts from "typescript";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const read = ts.readConfigFile(`${here}tsconfig.json`, ts.sys.readFile);
const { options, fileNames } = ts.parseJsonConfigFileContent(read.config, ts.sys, here);
const program = ts.createProgram(fileNames, options);
const ours = program.getSourceFiles().filter(({ fileName }) => !fileName.includes("/static/vendor/"));
const found = [
  ...program.getOptionsDiagnostics(),
  ...program.getGlobalDiagnostics(),
  ...ours.flatMap((file) => [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)]),
];
const host = { getCanonicalFileName: (name) => name, getCurrentDirectory: () => process.cwd(), getNewLine: () => "\n" };
process.stderr.write(ts.formatDiagnostics(found, host));
console.log(`${fileNames.length} files, ${found.length} type errors`);
process.exitCode = found.length ? 1 : 0;
