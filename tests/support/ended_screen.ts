/**
 * A program that takes its terminal and ends in the way that its word names, without giving it back.
 *
 * @module
 */

import { ownScreen, Screen } from "../../scripts/cli/screen.ts";

const device = ownScreen();
if (device === undefined) throw new TypeError("Cannot draw: standard output is no terminal");
const screen = Screen.open(device, { plain: false, onKey() {}, onResize() {}, onGone() {} });
screen.draw([{ text: "TITLE", isTitle: true }, { text: "drawn", isTitle: false }]);
setTimeout(() => {
  switch (Deno.args[0]) {
    case "exit":
      return Deno.exit(7);
    case "throw":
      throw new TypeError("Nobody catches this");
    case "reject":
      void Promise.reject(new TypeError("Nobody catches this"));
  }
}, 100);
