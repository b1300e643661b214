// Colours of the families, for light and dark backgrounds: fill, edge, text.
import type { Family } from "./label.ts";

interface Ink {
  readonly fill: string;
  readonly line: string;
  readonly text: string;
}

export interface Theme {
  readonly background: string;
  readonly text: string;
  readonly faint: string;
  readonly flow: string;
  readonly skip: string;
  readonly group: string;
  readonly groupLine: string;
  /** Lines of charts, to be told apart by the colour-blind, too; the second is the colour of skips. */
  readonly series: readonly string[];
  readonly families: Readonly<Record<Family, Ink>>;
}

export const light: Theme = {
  background: "#ffffff", text: "#1c2430", faint: "#6b7686", flow: "#8a94a3", skip: "#d6336c", group: "#f5f7fa", groupLine: "#cfd6df",
  series: ["#2867b2", "#d6336c", "#1d8a63", "#b7700c", "#7048c6", "#5b6675"],
  families: {
    value: { fill: "#2f3b4c", line: "#2f3b4c", text: "#ffffff" },
    conv: { fill: "#d7e6fb", line: "#7ba7e0", text: "#17406f" },
    dense: { fill: "#e3dbf9", line: "#a48de0", text: "#432a86" },
    norm: { fill: "#edf0f4", line: "#b9c2cf", text: "#44505f" },
    activation: { fill: "#fdebcb", line: "#e3b261", text: "#714b06" },
    pool: { fill: "#d3f0dd", line: "#7cc496", text: "#175a34" },
    merge: { fill: "#fde1ea", line: "#d6336c", text: "#a51650" },
    shape: { fill: "#e6eef0", line: "#9bb4ba", text: "#2d4d55" },
    other: { fill: "#f1ece6", line: "#c4b39c", text: "#594731" },
  },
};

export const dark: Theme = {
  background: "#12161c", text: "#e6eaf0", faint: "#8d98a7", flow: "#697484", skip: "#ff6b9d", group: "#191f28", groupLine: "#364152",
  series: ["#6aa9f2", "#ff6b9d", "#4cc596", "#e8a94a", "#ab8cf5", "#a3aebd"],
  families: {
    value: { fill: "#dfe5ee", line: "#dfe5ee", text: "#141a22" },
    conv: { fill: "#1d3656", line: "#4b7fbf", text: "#cfe2fb" },
    dense: { fill: "#342a5c", line: "#7d66c9", text: "#e2d9fb" },
    norm: { fill: "#272e39", line: "#525d6d", text: "#c6ced9" },
    activation: { fill: "#473515", line: "#b08435", text: "#fbe3b5" },
    pool: { fill: "#183e29", line: "#459a67", text: "#c8f0d7" },
    merge: { fill: "#4d1a30", line: "#ff6b9d", text: "#ffd3e1" },
    shape: { fill: "#203338", line: "#56767e", text: "#cfe2e6" },
    other: { fill: "#38312a", line: "#7f705c", text: "#eadfd0" },
  },
};
