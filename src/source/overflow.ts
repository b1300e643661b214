// Stacks differ from engine to engine, from thread to thread and from caller to caller: limits make it unlikely that one overflows, not impossible.

/** Is this what an engine throws where the stack is full? V8 and JavaScriptCore throw a RangeError, SpiderMonkey an InternalError. */
export function isStackOverflow(e: unknown): boolean {
  return e instanceof Error && (e.name === "RangeError" || e.name === "InternalError") && /call stack|recursion/.test(e.message);
}
