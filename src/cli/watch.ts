// --watch: does something again whenever a file that it read changes, until the user stops it.
import { watch as watchFiles } from "chokidar";
import { CommandError, ExitCode } from "./exit.ts";
import { colours, say, sayError } from "./terminal.ts";

const QUIET = 60; // milliseconds without another change: editors write in several steps

/** `once` says which files it read; those, and what they import next time, are watched. */
export async function watch(once: () => { readonly code: number; readonly files: readonly string[] }): Promise<number> {
  const c = colours(process.stderr);
  const hint = (): void => {
    say(c.dim(`watching ${watched.length} file${watched.length === 1 ? "" : "s"}; press Ctrl-C to stop\n`));
  };
  let watched = once().files; // what cannot even be read once ends the command
  hint();
  const again = (): void => {
    try {
      watched = once().files;
    } catch (e) {
      if (!(e instanceof CommandError)) throw e;
      sayError(e);
    }
    hint();
  };
  const watcher = watchFiles([...watched], { ignoreInitial: true });
  let timer: NodeJS.Timeout | undefined;
  const ended = new Promise<number>((resolve, reject) => {
    watcher.on("all", () => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        say(`\n${c.dim("changed; compiling again")}\n`);
        const before = watched;
        try {
          again();
        } catch (e) {
          reject(e as Error);
          return;
        }
        watcher.unwatch(before.filter((f) => !watched.includes(f)));
        watcher.add(watched.filter((f) => !before.includes(f)));
      }, QUIET);
    });
    process.once("SIGINT", () => resolve(ExitCode.success));
    process.once("SIGTERM", () => resolve(ExitCode.success));
  });
  try {
    return await ended;
  } finally {
    clearTimeout(timer);
    await watcher.close();
  }
}
