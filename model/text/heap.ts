// A binary heap of places by priority: lowest priority first, and among equals the lowest place.

export class PlaceHeap {
  #priorities = new Float64Array(64);
  #places = new Int32Array(64);
  #size = 0;
  /** Of what `pop` took last. */
  priority = 0;
  place = 0;

  push(priority: number, place: number): void {
    if (this.#size === this.#places.length) this.#resize(2 * this.#size);
    const priorities = this.#priorities;
    const places = this.#places;
    let at = this.#size++;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = priorities[parent] as number;
      if (above < priority || (above === priority && (places[parent] as number) <= place)) break;
      priorities[at] = above;
      places[at] = places[parent] as number;
      at = parent;
    }
    priorities[at] = priority;
    places[at] = place;
  }

  /** False where the heap is empty. */
  pop(): boolean {
    if (this.#size === 0) return false;
    const priorities = this.#priorities;
    const places = this.#places;
    this.priority = priorities[0] as number;
    this.place = places[0] as number;
    const size = --this.#size;
    const priority = priorities[size] as number;
    const place = places[size] as number;
    let at = 0;
    for (let child = 1; child < size; child = 2 * at + 1) {
      if (child + 1 < size && this.#less(child + 1, child)) child++;
      const below = priorities[child] as number;
      if (priority < below || (priority === below && place <= (places[child] as number))) break;
      priorities[at] = below;
      places[at] = places[child] as number;
      at = child;
    }
    priorities[at] = priority;
    places[at] = place;
    return true;
  }

  /** Gives back what a long text took. Only while it is empty. */
  shrink(): void {
    if (this.#size === 0 && this.#places.length > 1 << 16) this.#resize(64);
  }

  #less(a: number, b: number): boolean {
    const x = this.#priorities[a] as number;
    const y = this.#priorities[b] as number;
    return x < y || (x === y && (this.#places[a] as number) < (this.#places[b] as number));
  }

  #resize(length: number): void {
    const [priorities, places] = [this.#priorities, this.#places];
    this.#priorities = new Float64Array(length);
    this.#places = new Int32Array(length);
    this.#priorities.set(priorities.subarray(0, this.#size));
    this.#places.set(places.subarray(0, this.#size));
  }
}
