// Mesa's lavapipe, a faster software GPU with half precision, for the full tier: from Debian 12's backports, unpacked into a cache folder; nothing is
// installed, and apt's own lists stay as they are. Law: its libraries are loaded here by their paths, as the process's search path is fixed when it starts.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { cached, cachePath } from "./unpack.ts";

const suite = "bookworm-backports";
const packages = ["mesa-vulkan-drivers", "libdrm2"];
/** What a bare Debian has for certain; a second C library in one process would not do. */
const base = /^(libc6|libgcc-s1|libstdc\+\+6|gcc-12-base|libdrm-common|libvulkan1|libx11-data)$/;
const driver = "libvulkan_lvp.so";

const name = "lavapipe-25-bookworm";

export function haveLavapipe(): boolean {
  return existsSync(cachePath(name));
}

/** Fetches the driver if it is not there yet; throws where it cannot be had. */
export function fetchLavapipe(): string {
  return cached(name, fetched);
}

/** The driver's ICD file, once what it needs is loaded. */
export function lavapipe(): string {
  const { icd, needed } = lavapipeFiles();
  load(needed);
  return icd;
}

/** The driver's ICD file, and the libraries that a process loads before it uses that. */
export function lavapipeFiles(): { readonly icd: string; readonly needed: readonly string[] } {
  const folder = fetchLavapipe();
  const libraries = join(folder, "lib");
  return { icd: join(folder, "lavapipe_icd.json"), needed: readdirSync(libraries).filter((f) => f !== driver).map((f) => join(libraries, f)) };
}

function fetched(folder: string): void {
  if (process.platform !== "linux" || process.arch !== "x64") throw new Error(`lavapipe is fetched for linux-x64 only, this is ${process.platform}-${process.arch}`);
  try {
    unpack(folder);
  } catch (e) {
    throw new Error(`lavapipe cannot be had from Debian's ${suite}: ${(e as Error).message}`);
  }
}

/** Where this machine gets Debian from, by what its apt says of the indices that it has. */
function mirror(): string {
  const sites = execFileSync("apt-get", ["indextargets", "--format", "$(SITE) $(RELEASE)", "Created-By: Packages"], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  const site = sites.split("\n").find((line) => line.endsWith(" bookworm"))?.split(" ")[0];
  if (!site) throw new Error("apt names no source of bookworm");
  return site;
}

function unpack(folder: string): void {
  const apt = join(folder, "apt");
  for (const path of ["lists/partial", "archives/partial", "out"]) mkdirSync(join(apt, path), { recursive: true });
  const key = "/usr/share/keyrings/debian-archive-keyring.gpg";
  writeFileSync(join(apt, "sources.list"), ["bookworm", suite].map((s) => `deb [signed-by=${key}] ${mirror()} ${s} main\n`).join(""));
  const options = { "Dir::State::lists": join(apt, "lists"), "Dir::Cache": apt, "Dir::Etc::SourceList": join(apt, "sources.list"), "Dir::Etc::SourceParts": "/dev/null",
    "Dir::Etc::Preferences": "/dev/null", "Dir::Etc::PreferencesParts": "/dev/null", "APT::Default-Release": suite, "APT::Sandbox::User": "" };
  const flags = Object.entries(options).flatMap(([k, v]) => ["-o", `${k}=${v}`]);
  const say = (command: string, ...args: string[]): string => execFileSync(command, args, { cwd: join(apt, "out"), encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  say("apt-get", ...flags, "-qq", "update");
  const tree = say("apt-cache", ...flags, "depends", "--recurse", "--no-recommends", "--no-suggests", "--no-conflicts", "--no-breaks", "--no-replaces", "--no-enhances", ...packages);
  const names = [...new Set(tree.split("\n").filter((l) => /^[a-z0-9]/.test(l)))].filter((n) => !base.test(n));
  say("apt-get", ...flags, "-qq", "download", ...names);
  for (const file of readdirSync(join(apt, "out"))) say("dpkg", "-x", file, "root");
  gather(join(apt, "out/root"), folder);
  rmSync(apt, { recursive: true });
}

/** The driver and what it needs, out of the unpacked packages: one folder of libraries, without the links to them. */
function gather(root: string, folder: string): void {
  mkdirSync(join(folder, "lib"));
  for (const from of ["lib/x86_64-linux-gnu", "usr/lib/x86_64-linux-gnu"].map((f) => join(root, f)).filter((f) => existsSync(f))) {
    for (const entry of readdirSync(from, { withFileTypes: true })) {
      const wanted = entry.isFile() && /\.so(\.|$)/.test(entry.name) && (entry.name === driver || !/^lib(vulkan_|VkLayer_)/.test(entry.name));
      if (wanted) renameSync(join(from, entry.name), join(folder, "lib", entry.name));
    }
  }
  // Relative to the file, as the folder is renamed once it is whole.
  writeFileSync(join(folder, "lavapipe_icd.json"), JSON.stringify({ file_format_version: "1.0.0", ICD: { library_path: `./lib/${driver}`, api_version: "1.4.305" } }));
}

/** Loads libraries that are no modules of Node, and keeps them: each after those that it needs, whichever those are. */
export function load(paths: readonly string[]): void {
  const keep = 0x1000; // RTLD_NODELETE: Node closes what does not register itself
  for (let left = paths, before = Infinity; left.length < before; ) {
    before = left.length;
    left = left.filter((path) => {
      try {
        process.dlopen({ exports: {} }, path, constants.dlopen.RTLD_LAZY | keep);
      } catch (e) {
        return /cannot open shared object file/.test((e as Error).message); // it needs one that is not loaded yet
      }
      return false;
    });
  }
}
