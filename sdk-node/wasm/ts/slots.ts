/** What tables and desks find by number. It holds no object that a program has, so that those are collected. */

export class Slots<T> {
  readonly #taken: (T | undefined)[] = [];
  readonly #free: number[] = [];

  add(item: T): number {
    const number = this.#free.pop() ?? this.#taken.length;
    this.#taken[number] = item;
    return number;
  }

  at(number: number): T | undefined {
    return this.#taken[number];
  }

  drop(number: number): void {
    this.#taken[number] = undefined;
    this.#free.push(number);
  }
}
