// Neovim's own client on the server, set up with the very lines that src/lsp/README.md tells.
// Law: where there is no Neovim the test says that it is skipped; with RNC_REQUIRE_NEOVIM=1 that is a failure.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { expect, test } from "vitest";
import { bin, root } from "../cli/rnc.ts";

const found = spawnSync("nvim", ["--version"], { encoding: "utf8" });
const version = /^NVIM v(\d+)\.(\d+)/.exec(found.stdout ?? "");

if (!version) {
  if (process.env["RNC_REQUIRE_NEOVIM"] === "1") throw new Error("no nvim on the PATH; its tests may not be skipped here");
  console.warn("no nvim on the PATH: its tests are skipped");
}

/** The lines for this version: the page has those of 0.11 first, then those of older ones. */
function setUp(): string {
  const lines = [...readFileSync(join(root, "src", "lsp", "README.md"), "utf8").matchAll(/^```lua\n([^]*?)^```$/gm)].map((m) => m[1]!);
  expect(lines).toHaveLength(2);
  return lines[Number(version![1]) > 0 || Number(version![2]) >= 11 ? 0 : 1]!;
}

const script = `
local answers = {}
local function attached() return #vim.tbl_values((vim.lsp.get_clients or vim.lsp.get_active_clients)({ bufnr = 0 })) > 0 end
local function request(method, params)
  for _, answer in pairs(vim.lsp.buf_request_sync(0, method, params, 30000) or {}) do return answer.result end
end
local function floating()
  for _, window in ipairs(vim.api.nvim_list_wins()) do
    if vim.api.nvim_win_get_config(window).relative ~= "" then return table.concat(vim.api.nvim_buf_get_lines(vim.api.nvim_win_get_buf(window), 0, -1, false), "\\n") end
  end
end

vim.cmd("edit " .. vim.env.RNC_PROGRAM)
vim.wait(30000, attached)
local document = { uri = vim.uri_from_bufnr(0) }
answers.filetype = vim.bo.filetype
vim.fn.search("conv1: conv(16")
vim.lsp.buf.hover()
vim.wait(30000, floating)
answers.hover = floating()
answers.hints = request("textDocument/inlayHint", { textDocument = document, range = { start = { line = 0, character = 0 }, ["end"] = { line = 99, character = 0 } } })
answers.diagnostics = #vim.diagnostic.get(0)

vim.cmd("edit " .. vim.env.RNC_BROKEN)
vim.wait(30000, function() return #vim.diagnostic.get(0) > 0 end)
answers.broken = vim.diagnostic.get(0)
vim.fn.writefile({ vim.json.encode(answers) }, vim.env.RNC_ANSWERS)
vim.cmd("qall!")
`;

interface Answers {
  readonly filetype: string;
  readonly hover: string;
  readonly hints: readonly { readonly label: string; readonly position: { readonly line: number } }[];
  readonly diagnostics: number;
  readonly broken: readonly { readonly lnum: number; readonly message: string; readonly source: string }[];
}

test.skipIf(!version)("hover, shapes and diagnostics through Neovim's client", () => {
  const folder = mkdtempSync(join(tmpdir(), "rnlang-neovim-"));
  const at = (name: string): string => join(folder, name);
  const program = readFileSync(join(root, "examples", "cifar.rn"), "utf8");
  symlinkSync(bin, at("rnc"));
  writeFileSync(at("init.lua"), setUp());
  writeFileSync(at("script.lua"), script);
  writeFileSync(at("broken.rn"), program.replace("-> gap ->", "-> gapp ->"));
  const env = {
    ...process.env, PATH: [folder, dirname(process.execPath), process.env["PATH"]].join(delimiter), HOME: folder, XDG_STATE_HOME: folder, XDG_CACHE_HOME: folder,
    RNC_PROGRAM: join(root, "examples", "cifar.rn"), RNC_BROKEN: at("broken.rn"), RNC_ANSWERS: at("answers.json"),
  };
  try {
    const { status, stderr } = spawnSync("nvim", ["--headless", "-u", at("init.lua"), "-i", "NONE", "-n", "-c", `luafile ${at("script.lua")}`], { env, encoding: "utf8", timeout: 120_000 });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const answers = JSON.parse(readFileSync(at("answers.json"), "utf8")) as Answers;
    expect(answers.filetype).toBe("rn");
    expect(answers.hover).toContain("**resnet20** [3, 32, 32] → [16, 32, 32] · 432 parameters");
    const line = program.split("\n").findIndex((l) => l.includes("conv1: conv(16"));
    expect(answers.hints.filter((h) => h.position.line === line).map((h) => h.label)).toContain("[16, 32, 32]");
    expect(answers.diagnostics).toBe(0);
    expect(answers.broken[0]).toMatchObject({ source: "rnc", message: expect.stringContaining("there is no `gapp` here") });
  } finally {
    rmSync(folder, { recursive: true });
  }
}, 180_000);
