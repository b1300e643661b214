// Large numbers for people: three digits and a decimal unit.

/** 40.8 M, 4.09 G: three digits, for multiply-accumulates and other large counts. */
export function metric(n: number): string {
  const units = ["", " k", " M", " G", " T", " P"];
  let unit = 0;
  while (n >= 999.5 && unit < units.length - 1) {
    n /= 1000;
    unit++;
  }
  return unit === 0 ? String(n) : threeDigits(n) + units[unit]!;
}

/** 60 B, 18.4 kB, 1.08 MB (decimal units). */
export function bytes(n: number): string {
  const text = metric(n);
  return text.includes(" ") ? `${text}B` : `${text} B`;
}

/** From 1 to 999: 1.27, 42.3, 127. */
export function threeDigits(n: number): string {
  return n >= 99.95 ? n.toFixed(0) : n >= 9.995 ? n.toFixed(1) : n.toFixed(2);
}
