export function lavapipe(): string {
  throw new Error("not yet");
}
