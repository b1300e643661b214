// The module of an export, to look at and to download.

export interface Program {
  readonly name: string;
  readonly text: string;
  readonly exports: readonly string[];
  readonly chosen: string | null;
}

const find = <E extends HTMLElement>(id: string): E => document.getElementById(id) as E;
const targets = { ts: "TypeScript", wasm: "WebAssembly", wgsl: "WebGPU" } as const;
/** Characters of a module that are shown; what is downloaded is all of it. */
const SEEN = 200_000;

/** The export that was chosen, while the program has it; null where it has none. */
export function firstShown({ exports, chosen }: Program): string | null {
  return exports.find((e) => e === chosen) ?? exports[0] ?? null;
}

export class ModuleDialog {
  readonly #text: (name: string) => string | null;
  readonly #dialog = find<HTMLDialogElement>("module");
  readonly #export = find<HTMLSelectElement>("export");
  readonly #target = find<HTMLSelectElement>("target");
  readonly #link = find<HTMLAnchorElement>("download");
  #program: Program | null = null;
  #address: string | null = null;

  constructor(text: (name: string) => string | null) {
    this.#text = text;
    this.#target.replaceChildren(...Object.entries(targets).map(([value, label]) => new Option(label, value)));
    for (const select of [this.#export, this.#target]) select.addEventListener("change", () => void this.#show());
  }

  open(program: Program): void {
    this.#program = program;
    this.#export.replaceChildren(...program.exports.map((e) => new Option(e, e)));
    this.#export.value = firstShown(program) ?? "";
    this.#dialog.showModal();
    void this.#show();
  }

  async #show(): Promise<void> {
    const program = this.#program!;
    find("size").textContent = "compiling …";
    const { make } = await import("./compiler.ts");
    const made = make(program.name, program.text, this.#export.value || null, this.#target.value as keyof typeof targets, this.#text);
    const failed = "problem" in made;
    find("size").textContent = failed ? "it does not compile" : made.size;
    find("code").textContent = failed ? made.problem : made.text.length > SEEN ? `${made.text.slice(0, SEEN)}\n… and ${(made.text.length - SEEN).toLocaleString("en")} more characters` : made.text;
    this.#link.hidden = failed;
    if (!failed) this.#offer(made.name, made.text);
  }

  #offer(name: string, text: string): void {
    if (this.#address !== null) URL.revokeObjectURL(this.#address);
    this.#address = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
    this.#link.href = this.#address;
    this.#link.download = name;
  }
}
