import rnlang from "rnlang/vite";

export default { plugins: [rnlang({ target: "wasm" })] };
