// What the page's scripts are held to. A browser runs them as they are: there is no build.
import js from "@eslint/js";
import globals from "globals";

const RULES = {
  eqeqeq: "error",
  "no-var": "error",
  "prefer-const": ["error", { destructuring: "all" }],
  "no-eval": "error",
  "no-implied-eval": "error",
  "no-self-compare": "error",
  "no-unused-vars": ["error", { args: "after-used" }],
  // Not a line that holds a text: a sentence stays in one piece, so that it can be found.
  "max-len": ["error", { code: 120, ignoreStrings: true, ignoreTemplateLiterals: true, ignoreRegExpLiterals: true }],
  "no-control-regex": "off", // device text is full of control characters; taking them out is the point
};

export default [
  { ignores: ["tools/page/api.d.ts", "static/vendor/**"] },
  js.configs.recommended,
  { linterOptions: { reportUnusedDisableDirectives: "error" }, rules: RULES },
  {
    files: ["static/**/*.js"],
    languageOptions: { ecmaVersion: 2022, globals: { ...globals.browser, uPlot: "readonly" } },
    rules: {
      "no-restricted-properties": ["error",
        { property: "innerHTML", message: "Text of a device becomes text nodes: use el()." },
        { property: "outerHTML", object: "document", message: "Text of a device becomes text nodes: use el()." }],
    },
  },
  { files: ["tests/page/*.mjs", "tools/page/*.{js,mjs}"], languageOptions: { globals: globals.node } },
];
