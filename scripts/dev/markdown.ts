/**
 * Checks of the Markdown pages: one title each, and no link that leads nowhere.
 *
 * @module
 */

import { posix } from "node:path";
import type { Problem, RepositoryFile } from "./repository_files.ts";

/** Folders whose pages belong to somebody else. */
const FOREIGN = /(^|\/)(testdata|goldens)\//;

/**
 * Checks every Markdown page.
 *
 * @param files every file of the repository
 * @returns pages without exactly one title, and relative links to files or headings that do not exist
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 *
 * const page = { path: "docs/a.md", text: "# A\n\nSee [b](b.md).\n" };
 * assert.match(markdownProblems([page])[0]?.message ?? "", /"b.md" leads nowhere/);
 * ```
 */
export function markdownProblems(files: readonly RepositoryFile[]): readonly Problem[] {
  const pages = files.filter(({ path }) => path.endsWith(".md") && !FOREIGN.test(path));
  const known = new Set(files.flatMap(({ path }) => [path, ...foldersOf(path)]));
  const headings = new Map(pages.map(({ path, text }) => [path, anchors(text)]));
  return pages.flatMap((page) => [...titleProblems(page), ...linkProblems(page, { known, headings })]);
}

/** A page without exactly one title. */
function titleProblems({ path, text }: RepositoryFile): Problem[] {
  const titles = prose(text).match(/^# /gm)?.length ?? 0;
  return titles === 1 ? [] : [{ path, message: `The page has ${titles} titles ("# …"), 1 is required` }];
}

/** What links can lead to. */
interface LinkTargets {
  /** Paths of all files and folders. */
  readonly known: ReadonlySet<string>;
  /** Anchors of the headings, by page. */
  readonly headings: ReadonlyMap<string, ReadonlySet<string>>;
}

/** Relative links of a page that lead nowhere. */
function linkProblems({ path, text }: RepositoryFile, { known, headings }: LinkTargets): Problem[] {
  const withoutCode = prose(text).replace(/`[^`\n]*`/g, "");
  const inline = withoutCode.matchAll(/\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"]*")?\s*\)/g);
  const references = withoutCode.matchAll(/^\[[^\]]+\]:\s*<?(\S+?)>?\s*$/gm);
  return [...inline, ...references].flatMap(([, link = ""]) => {
    if (/^[a-z][a-z0-9+.-]*:/i.test(link)) return [];
    const [file = "", anchor] = decodeURIComponent(link).split("#");
    const target = file === "" ? path : posix.join(posix.dirname(path), file).replace(/\/$/, "");
    if (target !== "." && !known.has(target)) return [{ path, message: `The link "${link}" leads nowhere` }];
    const found = headings.get(target);
    if (anchor === undefined || found === undefined || found.has(anchor)) return [];
    return [{ path, message: `The link "${link}" leads to no heading of that page` }];
  });
}

/** The page without its fenced code. */
function prose(text: string): string {
  return text.replace(/^( *)(```+|~~~+)[\s\S]*?^\1\2 *$/gm, "");
}

/** The anchors that a page offers, named as GitHub names them. */
function anchors(text: string): ReadonlySet<string> {
  const seen = new Map<string, number>();
  const found = new Set<string>();
  for (const [, heading = ""] of prose(text).matchAll(/^#{1,6} +(.*?) *#*$/gm)) {
    const words = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1").toLowerCase();
    const slug = words.replace(/[^\p{L}\p{N}\s_-]/gu, "").replace(/\s/g, "-");
    const before = seen.get(slug) ?? 0;
    seen.set(slug, before + 1);
    found.add(before === 0 ? slug : `${slug}-${before}`);
  }
  return found;
}

/** Every folder on the way to a file. */
function foldersOf(path: string): string[] {
  const parts = path.split("/").slice(0, -1);
  return parts.map((_, index) => parts.slice(0, index + 1).join("/"));
}
