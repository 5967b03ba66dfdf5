/**
 * The leaks and mix-ups of pidfds that were reported in public, each of which has a story in tests/scenarios/leaks/.
 *
 * @module
 */

/** One report and its story. */
export interface LeakStory {
  /** The story's file, without its ending: it begins with what it is. */
  readonly file: `${"leak" | "owner" | "harmless"}_${string}`;
  /** The report: repository and number. */
  readonly thread: string;
  /** How many pidfds are open in the end, each of them in one slot or more. */
  readonly held: number;
}

/** The stories: what leaks, who closes what belongs to another or dies of it, and what only looks like a leak. */
export const LEAKS: readonly LeakStory[] = [
  { file: "leak_polkit_563", thread: "polkit-org/polkit#563", held: 1 },
  { file: "leak_polkit_659", thread: "polkit-org/polkit#659", held: 2 },
  { file: "leak_systemd_40248", thread: "systemd/systemd#40248", held: 1 },
  { file: "leak_systemd_32923", thread: "systemd/systemd#32923", held: 1 },
  { file: "leak_containerd_12166", thread: "containerd/containerd#12166", held: 2 },
  { file: "owner_go_68984", thread: "golang/go#68984", held: 0 },
  { file: "leak_go_69284", thread: "golang/go#69284", held: 2 },
  { file: "leak_gopsutil_1709", thread: "shirou/gopsutil#1709", held: 4 },
  { file: "leak_datadog_31957", thread: "DataDog/datadog-agent#31957", held: 1 },
  { file: "leak_goplugin_378", thread: "hashicorp/go-plugin#378", held: 5 },
  { file: "leak_cpython_151179", thread: "python/cpython#151179", held: 1 },
  { file: "leak_cpython_83163", thread: "python/cpython#83163", held: 1 },
  { file: "leak_swift_303", thread: "swiftlang/swift-subprocess#303", held: 3 },
  { file: "leak_xdgportalgtk_553", thread: "flatpak/xdg-desktop-portal-gtk#553", held: 3 },
  { file: "leak_cua_2349", thread: "trycua/cua#2349", held: 3 },
  { file: "leak_xdgportal_1675", thread: "flatpak/xdg-desktop-portal#1675", held: 1 },
  { file: "leak_dtkcore_449", thread: "linuxdeepin/dtkcore#449", held: 1 },
  { file: "leak_homcc_71", thread: "celonis/homcc#71", held: 3 },
  { file: "leak_nixpkgs_355205", thread: "NixOS/nixpkgs#355205", held: 2 },
  { file: "owner_dbusbroker_435", thread: "bus1/dbus-broker#435", held: 0 },
  { file: "leak_gorunc_115", thread: "containerd/go-runc#115", held: 1 },
  { file: "harmless_go_probe", thread: "containerd/containerd#10345", held: 0 },
];
