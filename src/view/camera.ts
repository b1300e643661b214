// Which part of the picture is seen: dragging moves it, the wheel moves or zooms it, and a part can be brought into sight.
export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Box extends Size {
  readonly x: number;
  readonly y: number;
}

const [LEAST, MOST] = [0.05, 4];
/** Pixels of a drag that a click may have. */
const STILL = 4;

export class Camera {
  readonly #window: HTMLElement;
  readonly #picture: SVGElement;
  #x = 0;
  #y = 0;
  #scale = 1;
  /** Did the last press move the picture? Then it was no click. */
  dragged = false;

  constructor(window: HTMLElement, picture: SVGElement) {
    this.#window = window;
    this.#picture = picture;
    window.addEventListener("wheel", (e) => this.#wheel(e), { passive: false });
    window.addEventListener("pointerdown", (e) => this.#press(e));
  }

  /** All of it, at most in its own size. */
  fit(size: Size): void {
    const { clientWidth: w, clientHeight: h } = this.#window;
    this.#scale = clamp(Math.min(1, w / size.width, h / size.height));
    this.#move((w - size.width * this.#scale) / 2, Math.max(0, (h - size.height * this.#scale) / 2), true);
  }

  /** Its beginning, as wide as it fits. */
  begin(size: Size): void {
    const { clientWidth: w } = this.#window;
    this.#scale = clamp(Math.min(1, w / size.width));
    this.#move((w - size.width * this.#scale) / 2, 0, false);
  }

  zoom(factor: number, cx = this.#window.clientWidth / 2, cy = this.#window.clientHeight / 2): void {
    const scale = clamp(this.#scale * factor);
    const [x, y] = [cx - ((cx - this.#x) * scale) / this.#scale, cy - ((cy - this.#y) * scale) / this.#scale];
    this.#scale = scale;
    this.#move(x, y, false);
  }

  /** Brings a part of a picture of that size to the middle, where it was out of sight; no room is left beyond the picture's edges. */
  show(part: Box, { width, height }: Size): void {
    const x = inSight(this.#x, part.x, part.width, width, this.#window.clientWidth, this.#scale);
    const y = inSight(this.#y, part.y, part.height, height, this.#window.clientHeight, this.#scale);
    if (x !== this.#x || y !== this.#y) this.#move(x, y, true);
  }

  #move(x: number, y: number, smoothly: boolean): void {
    [this.#x, this.#y] = [x, y];
    this.#picture.style.transition = smoothly && !matchMedia("(prefers-reduced-motion: reduce)").matches ? "transform .25s ease" : "none";
    this.#picture.style.transform = `translate(${x}px,${y}px) scale(${this.#scale})`;
  }

  #wheel(e: WheelEvent): void {
    e.preventDefault();
    const unit = e.deltaMode === 1 ? 16 : 1;
    const { left, top } = this.#window.getBoundingClientRect();
    if (e.ctrlKey || e.metaKey) this.zoom(Math.exp(-e.deltaY * unit * 0.01), e.clientX - left, e.clientY - top);
    else this.#move(this.#x - e.deltaX * unit, this.#y - e.deltaY * unit, false);
  }

  #press(e: PointerEvent): void {
    if (e.button !== 0 || !e.isPrimary) return;
    const [x, y] = [this.#x - e.clientX, this.#y - e.clientY];
    const held = new AbortController();
    const { signal } = held;
    this.dragged = false;
    this.#window.ownerDocument.addEventListener("pointermove", (m) => {
      this.dragged ||= Math.hypot(m.clientX - e.clientX, m.clientY - e.clientY) > STILL;
      if (this.dragged) this.#move(x + m.clientX, y + m.clientY, false);
      this.#window.classList.toggle("moving", this.dragged);
    }, { signal });
    const release = (): void => {
      held.abort();
      this.#window.classList.remove("moving");
    };
    for (const end of ["pointerup", "pointercancel"]) this.#window.ownerDocument.addEventListener(end, release, { signal });
  }
}

function clamp(scale: number): number {
  return Math.min(MOST, Math.max(LEAST, scale));
}

const ROOM = 32;

/** The offset, so that [at, at + size] of the picture lies in the window; a part that is larger than that begins there. */
function inSight(offset: number, at: number, size: number, whole: number, window: number, scale: number): number {
  const [start, long] = [at * scale, size * scale];
  if (offset + start >= ROOM && offset + start + long <= window - ROOM) return offset;
  const wanted = long > window - 2 * ROOM ? ROOM - start : (window - long) / 2 - start;
  return whole * scale <= window ? (window - whole * scale) / 2 : Math.min(0, Math.max(window - whole * scale, wanted));
}
