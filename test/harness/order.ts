// The order of the test files: first those that have a process each, then those that share one, the longest first, so that both workers
// end together. What is not in the list is short.
import { BaseSequencer, type TestSpecification } from "vitest/node";

const longest = [
  "real/cifar", "cli/commands", "real/deep", "cli/resume", "hostile/bombs", "package/bundle", "package/packed", "cli/train", "hostile/files", "hostile/mutants",
  "fuzz/even", "fuzz/odd", "fuzz/wasm", "autodiff/random", "train/random", "codegen/kernels", "train/step", "fuzz/threads", "train/types", "codegen/module", "language/robust",
  "autodiff/training", "fuzz/seeded", "codegen/wasm-conv", "metamorphic/equivalence", "codegen/wasm-tails",
].map((name) => `/test/${name}.test.ts`);

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ project, moduleId }: TestSpecification): number => {
      const k = longest.findIndex((name) => moduleId.endsWith(name));
      return (project.name === "alone" ? 0 : 1_000) + (k < 0 ? longest.length : k);
    };
    return [...(await super.sort(files))].sort((a, b) => place(a) - place(b));
  }
}
