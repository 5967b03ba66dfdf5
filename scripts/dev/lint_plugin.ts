/**
 * The lint rules of this repository, on top of Deno's own.
 *
 * - `stream-direction`: a folder imports only from itself and from the stages before it
 * - `exported-arguments-max`: at most two positional parameters, then an options object
 * - `error-message`: capital first letter, no full stop, no contractions
 * - `function-length`: a function fits on a screen
 *
 * `deno lint` loads this file through `lint.plugins` in `deno.json`.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { importProblem, resolveImport } from "./stream.ts";

/** Positional parameters that an exported function may have before its options. */
const POSITIONAL_MAX = 2;

/** Lines that a function may have, its first and last included. */
const FUNCTION_LINES_MAX = 70;

/** The top of the repository, with a slash at its end. */
const ROOT = fileURLToPath(new URL("../../", import.meta.url));

type Context = Deno.lint.RuleContext;
type AnyFunction =
  | Deno.lint.FunctionDeclaration
  | Deno.lint.FunctionExpression
  | Deno.lint.ArrowFunctionExpression
  | Deno.lint.TSDeclareFunction;

const streamDirection: Deno.lint.Rule = {
  create(context) {
    const file = context.filename.startsWith(ROOT) ? context.filename.slice(ROOT.length) : context.filename;
    function look(node: Deno.lint.Node, source: Deno.lint.Node | null): void {
      if (source?.type !== "Literal" || typeof source.value !== "string") return;
      const target = resolveImport(file, source.value);
      if (target === undefined) return;
      const problem = importProblem(file, target);
      if (problem === undefined) return;
      context.report({ node, message: `"${file}" may not import "${source.value}": ${problem}` });
    }
    return {
      ImportDeclaration: (node) => look(node, node.source),
      ExportAllDeclaration: (node) => look(node, node.source),
      ExportNamedDeclaration: (node) => look(node, node.source),
      ImportExpression: (node) => look(node, node.source),
      TSImportType: (node) => {
        if (node.argument.type === "TSLiteralType") look(node, node.argument.literal);
      },
    };
  },
};

const exportedArgumentsMax: Deno.lint.Rule = {
  create(context) {
    // What begins with an underscore is private to its folder: nobody else calls it.
    if (/\/_[^/]*$/.test(context.filename)) return {};
    return {
      Program(program) {
        const byName = new Map<string, AnyFunction[]>();
        const exported: AnyFunction[] = [];
        const names: string[] = [];
        for (const statement of program.body) {
          for (const [name, found] of functionsOf(statement)) {
            byName.set(name, [...byName.get(name) ?? [], found]);
          }
          if (statement.type === "ExportNamedDeclaration") {
            exported.push(...functionsOf(statement.declaration).map(([, found]) => found));
            if (statement.source === null) names.push(...statement.specifiers.map(localName));
          }
          if (statement.type === "ExportDefaultDeclaration") {
            exported.push(...functionsOf(statement.declaration).map(([, found]) => found));
            if (statement.declaration.type === "Identifier") names.push(statement.declaration.name);
          }
        }
        for (const name of names) exported.push(...byName.get(name) ?? []);
        for (const found of new Set(exported)) checkArguments(context, found);
      },
    };
  },
};

const errorMessage: Deno.lint.Rule = {
  create(context) {
    return {
      NewExpression(node) {
        if (node.callee.type !== "Identifier" || !node.callee.name.endsWith("Error")) return;
        const message = node.arguments[0];
        if (message === undefined) return;
        const problem = wordingProblem(messageText(message));
        if (problem !== undefined) context.report({ node: message, message: problem });
      },
    };
  },
};

const functionLength: Deno.lint.Rule = {
  create(context) {
    function look(node: AnyFunction): void {
      const lines = context.sourceCode.getText(node).split("\n").length;
      if (lines <= FUNCTION_LINES_MAX || isSuite(node)) return;
      const message = `The function has ${lines} lines, at most ${FUNCTION_LINES_MAX} are allowed`;
      context.report({ node, message, hint: "Move a part with a name of its own into a function" });
    }
    return { FunctionDeclaration: look, FunctionExpression: look, ArrowFunctionExpression: look };
  },
};

/** Whether a function only groups tests: its body is not one thought, but many. */
function isSuite(node: AnyFunction): boolean {
  const call = node.parent;
  if (call?.type !== "CallExpression") return false;
  return call.callee.type === "Identifier" && call.callee.name === "describe";
}

/** The functions that a statement declares, each with its name. */
function functionsOf(node: Deno.lint.Node | null): [name: string, found: AnyFunction][] {
  switch (node?.type) {
    case "FunctionDeclaration":
    case "TSDeclareFunction":
      return [[node.id?.name ?? "default", node]];
    case "ArrowFunctionExpression":
    case "FunctionExpression":
      return [["default", node]];
    case "VariableDeclaration":
      return node.declarations.flatMap((declaration) => {
        if (declaration.id.type !== "Identifier") return [];
        const name = declaration.id.name;
        return functionsOf(declaration.init).map(([, found]): [string, AnyFunction] => [name, found]);
      });
    default:
      return [];
  }
}

/** The name inside this file of what an export list gives away. */
function localName(specifier: Deno.lint.ExportSpecifier): string {
  return specifier.local.type === "Identifier" ? specifier.local.name : String(specifier.local.value);
}

/** Reports a function whose parameters are too many. */
function checkArguments(context: Context, found: AnyFunction): void {
  const last = found.params.at(-1);
  const positional = found.params.length - (last !== undefined && isOptions(last) ? 1 : 0);
  if (positional <= POSITIONAL_MAX) return;
  context.report({
    // Its name alone is marked, when it has one.
    node: found.type === "ArrowFunctionExpression" ? found : found.id ?? found,
    message: `An exported function has ${positional} positional parameters, ` +
      `at most ${POSITIONAL_MAX} are allowed`,
    hint: "Put the others into a last parameter named `options`, an object",
  });
}

/** Whether a parameter is an options object: named so, or taken apart in place. */
function isOptions(parameter: Deno.lint.Parameter | Deno.lint.AssignmentPattern["left"]): boolean {
  if (parameter.type === "AssignmentPattern") return isOptions(parameter.left);
  if (parameter.type === "ObjectPattern") return true;
  if (parameter.type !== "Identifier" || !/^(options|\w+Options)$/.test(parameter.name)) return false;
  const type = parameter.typeAnnotation?.typeAnnotation.type;
  return type === undefined || type === "TSTypeReference" || type === "TSTypeLiteral" ||
    type === "TSIntersectionType";
}

/** The words of a message; `\0` stands for each value that is put into it. */
function messageText(node: Deno.lint.Node): string {
  if (node.type === "Literal" && typeof node.value === "string") return node.value;
  if (node.type === "TemplateLiteral") return node.quasis.map((part) => part.cooked).join("\0");
  if (node.type === "BinaryExpression" && node.operator === "+") {
    return messageText(node.left) + messageText(node.right);
  }
  return "\0";
}

/** What is wrong with the wording of an error message. */
function wordingProblem(message: string): string | undefined {
  // A word of the kernel or of the code ("pidfd_open()", "/proc/1", "put_user") keeps its own case.
  const firstWord = /^[a-z][^\s]*/.exec(message)?.[0].replace(/[:,]$/, "");
  if (firstWord !== undefined && /^[a-z'’-]+$/.test(firstWord)) {
    return `An error message starts with a capital letter, got "${firstWord}"`;
  }
  if (/\.\s*$/.test(message)) return "An error message has no full stop at its end";
  // What stands in quotes was said by somebody else.
  const own = message.replace(/"[^"]*"/g, "");
  const contraction = /\b\w+(?:n['’]t|['’](?:re|ve|ll|m))\b|\b(?:it|that|there|what|here)['’]s\b/i.exec(own);
  if (contraction !== null) return `An error message has no contractions, got "${contraction[0]}"`;
  return undefined;
}

/** The rules, as `deno lint` wants them. */
const plugin: Deno.lint.Plugin = {
  name: "trace-clone",
  rules: {
    "stream-direction": streamDirection,
    "exported-arguments-max": exportedArgumentsMax,
    "error-message": errorMessage,
    "function-length": functionLength,
  },
};

export default plugin;
