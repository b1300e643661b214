// What an import asks for, read from its query; and what is not ours to answer.
import { expect, test } from "vitest";
import { parseRequest, queryOf } from "../../src/plugin/request.ts";

test("a path alone is a program; its query says how it is compiled, and which part of it is asked for", () => {
  expect(parseRequest("/a/b.rn")).toEqual({ path: "/a/b.rn", query: "", options: {}, part: { kind: "program" } });
  expect(parseRequest("/a/b.rn?target=wasm&threads&only=x&export=x")).toEqual({
    path: "/a/b.rn", query: "target=wasm&threads&only=x", options: { target: "wasm", threads: true, only: "x" }, part: { kind: "export", name: "x" },
  });
});

test("the parts of a program ask for it in the same way", () => {
  const request = parseRequest("/a/b.rn?train&target=wgsl")!;
  expect(parseRequest(request.path + queryOf(request, "module", "net"))).toEqual({ ...request, part: { kind: "module", name: "net" } });
});

test("what hosts add is let pass; files as they are, and other files, are theirs", () => {
  expect(parseRequest("/a/b.rn?t=1795903116613&import&target=ts")).toMatchObject({ query: "target=ts", part: { kind: "program" } });
  for (const id of ["/a/b.rn?raw", "/a/b.rn?url", "/a/b.js?x=b.rn", "\0/a/b.rn", "/a/b.rnx"]) expect(parseRequest(id), id).toBeNull();
});

test("yes and no can be said in full; anything else is told", () => {
  expect(parseRequest("/a/b.rn?train=true&threads=false")!.options).toEqual({ train: true, threads: false });
  expect(parseRequest("/a/b.rn?train=false")).toMatchObject({ query: "train=false", options: { train: false } });
  expect(() => parseRequest("/a/b.rn?threads=maybe")).toThrow("write ?threads, ?threads=true or ?threads=false, not ?threads=maybe");
  expect(() => parseRequest("/a/b.rn?train=0")).toThrow("not ?train=0");
});

test("a misspelt word is told", () => {
  expect(() => parseRequest("/a/b.rn?taget=wasm")).toThrow("there is no ?taget: did you mean ?target?");
});
