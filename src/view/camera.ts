// Which part of the picture is seen: dragging moves it, the wheel moves or zooms it, and a part can be brought into sight.
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
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
  fit(size: { readonly width: number; readonly height: number }): void {
    const { clientWidth: w, clientHeight: h } = this.#window;
    this.#scale = clamp(Math.min(1, w / size.width, h / size.height));
    this.#move((w - size.width * this.#scale) / 2, Math.max(0, (h - size.height * this.#scale) / 2), true);
  }

  /** Its beginning, as wide as it fits. */
  begin(size: { readonly width: number; readonly height: number }): void {
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

  /** Moves as little as shows the box with some room around it; to the middle where it was out of sight. */
  show(box: Box): void {
    const x = inSight(this.#x, box.x * this.#scale, box.width * this.#scale, this.#window.clientWidth);
    const y = inSight(this.#y, box.y * this.#scale, box.height * this.#scale, this.#window.clientHeight);
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

/** The offset, so that [at, at + size] lies in the window; a part that is larger than that begins there. */
function inSight(offset: number, at: number, size: number, window: number): number {
  const [start, end] = [offset + at, offset + at + size];
  if (start >= ROOM && end <= window - ROOM) return offset;
  return size > window - 2 * ROOM ? ROOM - at : (window - size) / 2 - at;
}
