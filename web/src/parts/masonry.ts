/** The stones of the wall on the first screen, laid by a fixed seed so that it is the same wall every time. */

export interface Stone {
  x: number;
  y: number;
  width: number;
  height: number;
  /** 0 to 1: how much darker than its neighbours. */
  tone: number;
}

export interface Arch {
  /** Middle of the opening. */
  x: number;
  /** Where the arch springs from its posts. */
  springY: number;
  radius: number;
  /** How thick the ring of stones around the opening is. */
  ring: number;
}

/** mulberry32: small, and good enough for stones. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const GAP = 3;

/** Courses of stones from left to right, top to bottom. The opening and its ring are cut out by the drawing. */
export function layCourses(width: number, height: number, seed: number): Stone[] {
  const next = random(seed);
  const stones: Stone[] = [];
  let y = -8;
  while (y < height) {
    const courseHeight = 34 + next() * 22;
    let x = -next() * 90;
    while (x < width) {
      const stoneWidth = 58 + next() * 84;
      stones.push({ x, y, width: stoneWidth - GAP, height: courseHeight - GAP, tone: next() });
      x += stoneWidth;
    }
    y += courseHeight;
  }
  return stones;
}

/** The wedge-shaped stones of the arch, as path data, from the left spring to the right. */
export function layArch(arch: Arch, wedges: number): string[] {
  const step = Math.PI / wedges;
  return Array.from({ length: wedges }, (_, i) =>
    wedge(arch, Math.PI - i * step - 0.012, Math.PI - (i + 1) * step + 0.012),
  );
}

function wedge(arch: Arch, from: number, to: number): string {
  const inner = arch.radius;
  // The keystone and its neighbours stand out a little: an arch that is drawn evenly looks like a tyre.
  const outer = arch.radius + arch.ring;
  const point = (radius: number, angle: number) =>
    `${(arch.x + radius * Math.cos(angle)).toFixed(2)} ${(arch.springY - radius * Math.sin(angle)).toFixed(2)}`;
  return `M${point(inner, from)}L${point(outer, from)}A${outer} ${outer} 0 0 1 ${point(outer, to)}L${point(inner, to)}A${inner} ${inner} 0 0 0 ${point(inner, from)}Z`;
}
