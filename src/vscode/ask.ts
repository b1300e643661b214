// What `rnc run` needs besides a program: data, and perhaps weights. Answers are its options; undefined where the question was dismissed.
import { window, type QuickPickItem } from "vscode";

type Options = readonly string[] | undefined;

interface Choice extends QuickPickItem {
  readonly options: () => Promise<Options>;
}

async function ask(placeHolder: string, choices: readonly Choice[]): Promise<Options> {
  return (await window.showQuickPick(choices, { placeHolder }))?.options();
}

/** Asks for a file, or for a folder, and puts its path behind the option. */
async function chosen(option: string, prefix: string, what: { readonly folder: true } | Readonly<Record<string, string[]>>): Promise<Options> {
  const folder = what["folder"] === true;
  const [uri] = (await window.showOpenDialog({ canSelectFiles: !folder, canSelectFolders: folder, ...(folder ? {} : { filters: what as Record<string, string[]> }) })) ?? [];
  return uri && [option, `${prefix}${uri.fsPath}`];
}

export function dataOptions(): Promise<Options> {
  return ask("On which data?", [
    { label: "glyphs", description: "ten classes of drawings, made on the spot", options: async () => ["--data", "glyphs"] },
    { label: "CIFAR-10…", description: "a folder of its binary batches", options: () => chosen("--data", "cifar10:", { folder: true }) },
    { label: "IDX…", description: "a folder of images and labels, as MNIST has them", options: () => chosen("--data", "idx:", { folder: true }) },
    { label: "CSV…", description: "a file, the label last in each line", options: () => chosen("--data", "csv:", { CSV: ["csv"] }) },
    { label: "One input…", description: "a PNG or NPY file, whose outputs are printed", options: () => chosen("--input", "", { Inputs: ["png", "npy"] }) },
  ]);
}

export function weightsOptions(): Promise<Options> {
  return ask("With which weights?", [
    { label: "The program's", description: "the file after its `from`", options: async () => [] },
    { label: "A file…", description: "safetensors, under the model's parameter names", options: () => chosen("--weights", "", { safetensors: ["safetensors"] }) },
  ]);
}
