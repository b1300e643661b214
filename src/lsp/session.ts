// The states of a session: nothing is asked or told before `initialize`, nothing but `exit` after `shutdown`.
import { ErrorCodes, ResponseError } from "vscode-languageserver";

type State = "fresh" | "running" | "ended";

export class Session {
  #state: State = "fresh";

  /** Null while it runs; else why a request is refused. */
  get refusal(): ResponseError<void> | null {
    if (this.#state === "running") return null;
    return this.#state === "fresh" ? new ResponseError(ErrorCodes.ServerNotInitialized, "the first request is initialize") : new ResponseError(ErrorCodes.InvalidRequest, "after shutdown comes nothing but exit");
  }

  /** `initialize` comes once: null, or why not now. */
  start(): ResponseError<void> | null {
    if (this.#state === "running") return new ResponseError(ErrorCodes.InvalidRequest, "initialize was answered before");
    if (this.#state === "ended") return this.refusal;
    this.#state = "running";
    return null;
  }

  /** `shutdown`: null, or why not now. */
  end(): ResponseError<void> | null {
    const { refusal } = this;
    if (!refusal) this.#state = "ended";
    return refusal;
  }
}
