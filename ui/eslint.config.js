/** Lint rules, and the layering of DESIGN section 7 as an allowed-edge table. */
import path from "node:path";
import reactHooks from "eslint-plugin-react-hooks";
import tseslint from "typescript-eslint";

const root = path.join(import.meta.dirname, "src");

/** What each layer may import besides itself. A feature never imports another feature. */
const allowedLayers = {
  shared: [],
  editor: [],
  backend: ["shared"],
  features: ["shared", "backend", "editor"],
  app: ["shared", "backend", "editor", "features"],
  testing: ["shared", "backend", "editor", "features", "app"],
  "main.tsx": ["shared", "backend", "app"],
};

/** Packages that only some layers may import. */
const bannedPackages = [
  { pattern: /^@tauri-apps\//, except: ["backend"], why: "only ui/src/backend talks to Tauri" },
  { pattern: /^(react|react-dom|@tanstack\/react-.*|zustand|lucide-react)(\/|$)/, only: "editor", why: "the editor engine is free of React" },
];

function layerOf(file) {
  const relative = path.relative(root, file).split(path.sep);
  const isFeature = relative[0] === "features";
  return { layer: relative[0], feature: isFeature ? relative[1] : undefined };
}

const boundaries = {
  meta: { type: "problem", schema: [] },
  create(context) {
    const from = layerOf(context.filename);
    const isTest = /\.test\.tsx?$/.test(context.filename);
    const check = (node) => {
      const target = node.source?.value;
      if (typeof target !== "string") return;
      if (!target.startsWith(".")) {
        for (const ban of bannedPackages) {
          if (!ban.pattern.test(target)) continue;
          const forbidden = ban.only ? from.layer === ban.only : !ban.except.includes(from.layer);
          if (forbidden) context.report({ node, message: `'${target}' may not be imported here: ${ban.why}.` });
        }
        return;
      }
      const to = layerOf(path.resolve(path.dirname(context.filename), target));
      if (to.layer === from.layer) {
        if (from.feature !== to.feature) {
          context.report({ node, message: `Feature '${from.feature}' may not import feature '${to.feature}'; compose them in app/.` });
        }
        return;
      }
      if (isTest && to.layer === "testing") return;
      if (!(allowedLayers[from.layer] ?? []).includes(to.layer)) {
        context.report({ node, message: `'${from.layer}' may not import '${to.layer}'.` });
      }
    };
    return { ImportDeclaration: check, ExportNamedDeclaration: check, ExportAllDeclaration: check, ImportExpression: check };
  },
};

export default tseslint.config(
  { ignores: ["dist", "node_modules", "src/backend/generated", "eslint.config.js"] },
  ...tseslint.configs.recommendedTypeChecked,
  reactHooks.configs.flat.recommended,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    plugins: { muster: { rules: { boundaries } } },
    rules: {
      "muster/boundaries": "error",
      eqeqeq: ["error", "always"],
      "no-console": "error",
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
      "@typescript-eslint/no-misused-promises": ["error", { checksVoidReturn: { attributes: false } }],
    },
  },
);
