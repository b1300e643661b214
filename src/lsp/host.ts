// What the server needs from where it runs: files, and addresses for the texts of the standard library.

export interface Host {
  /** The text of a file that a program imports. Its path is contained in the folder of the program at `root`. */
  read(path: string, importer: string, root: string): { readonly uri: string; readonly text: string } | { readonly problem: string; readonly help?: string };
  /** Where an editor can open the library's file `name`; null where it cannot. */
  addressOf(name: string): string | null;
}

/** Where nothing is but the documents that are open. */
export const noFiles: Host = {
  read: (path) => ({ problem: `"${path}" is not open` }),
  addressOf: () => null,
};
