import type { WorkNode } from './work-tree.ts';

/** A task that waits to take its place again. */
interface Retaker {
  readonly place: TreePlace;
  readonly priority: number;
  readonly order: number;
}

/** The places of one run: how many of its tasks are at work at once. Who goes on after a wait comes before who is new. */
export class Places {
  #free: number;
  readonly #told: () => void;
  /** The most urgent last. Short: only who has been granted what it waited for waits here. */
  readonly #retakers: Retaker[] = [];
  #order = 0;

  /** `told` is called when a place is free for a new task. */
  constructor(limit: number, told: () => void) {
    this.#free = limit;
    this.#told = told;
  }

  get free(): boolean {
    return this.#free > 0;
  }

  take(): void {
    this.#free -= 1;
  }

  release(): void {
    const retaker = this.#retakers.pop();
    if (retaker !== undefined) {
      retaker.place.granted();
      return;
    }
    this.#free += 1;
    if (this.free) this.#told();
  }

  wait(place: TreePlace, priority: number): void {
    const retaker: Retaker = { place, priority, order: this.#order };
    this.#order += 1;
    let low = 0;
    let high = this.#retakers.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (goesBefore(retaker, this.#retakers[middle])) low = middle + 1;
      else high = middle;
    }
    this.#retakers.splice(low, 0, retaker);
  }

  forget(place: TreePlace): void {
    const index = this.#retakers.findIndex((retaker) => retaker.place === place);
    if (index >= 0) this.#retakers.splice(index, 1);
  }
}

/** Places for any number of tasks, of any number of runs. */
export const BOUNDLESS: Places = new Places(Number.POSITIVE_INFINITY, () => {});

function goesBefore(one: Retaker, other: Retaker | undefined): boolean {
  if (other === undefined) return false;
  return one.priority === other.priority ? one.order < other.order : one.priority > other.priority;
}

/** Told that all of a task waits for people; what is returned is called once somebody has answered. */
export type OnStill = () => void | (() => void | Promise<void>);

/** The place of one task, shared with all the work that it delegates: held while anybody of them is at work. */
export class TreePlace {
  readonly #places: Places;
  readonly #onStill: OnStill;
  #atWork = 0;
  /** Parts that wait for a person. */
  #standing = 0;
  /** Set while all of it waits for people. */
  #goOn: (() => void | Promise<void>) | undefined;
  #goingOn: Promise<void> | undefined;
  /** Members that want to work again as soon as the task has its place back. */
  #waiting: Set<Seat> | undefined;

  constructor(places: Places, onStill: OnStill = () => {}) {
    this.#places = places;
    this.#onStill = onStill;
  }

  /** A part of a member waits for a person, and gave way before. What is returned is called once, before it goes on. */
  stand(): () => void | Promise<void> {
    this.#standing += 1;
    this.#lookStill();
    return () => {
      this.#standing -= 1;
      const going = this.#goOn?.();
      this.#goOn = undefined;
      if (going === undefined) return this.#goingOn;
      // Whoever is answered meanwhile waits for the same.
      this.#goingOn = going.finally(() => {
        this.#goingOn = undefined;
      });
      return this.#goingOn;
    };
  }

  #lookStill(): void {
    if (this.#standing > 0 && this.#atWork === 0 && this.#goingOn === undefined)
      this.#goOn ??= this.#onStill() ?? NOTHING;
  }

  /** A member begins. The first takes the place, which the run has made sure of. */
  begin(): void {
    if (this.#atWork === 0) this.#places.take();
    this.#atWork += 1;
  }

  end(): void {
    this.#atWork -= 1;
    if (this.#atWork > 0) return;
    this.#places.release();
    this.#lookStill();
  }

  /** True when the member is at work again; false when it has to wait until it is told. */
  resume(seat: Seat, priority: number): boolean {
    if (this.#atWork === 0 && !this.#places.free) {
      if (this.#waiting === undefined) {
        this.#waiting = new Set();
        this.#places.wait(this, priority);
      }
      this.#waiting.add(seat);
      return false;
    }
    this.begin();
    return true;
  }

  /** A member waits no more. */
  leave(seat: Seat): void {
    if (this.#waiting?.delete(seat) !== true || this.#waiting.size > 0) return;
    this.#waiting = undefined;
    this.#places.forget(this);
  }

  granted(): void {
    const seats = [...(this.#waiting ?? [])];
    this.#waiting = undefined;
    this.#atWork += seats.length;
    for (const seat of seats) seat.granted();
  }
}

/** One piece of work, as a member of its task: at work, resting, or waiting to be at work again. */
export class Seat {
  readonly place: TreePlace;
  readonly #node: WorkNode & { readonly priority: number };
  /** Steps of this work that only wait. */
  given = 0;
  #atWork = true;
  #waiting:
    | { readonly promise: Promise<void>; readonly resolve: () => void; readonly unlisten: () => void }
    | undefined;

  constructor(place: TreePlace, node: WorkNode & { readonly priority: number }) {
    this.place = place;
    this.#node = node;
    place.begin();
  }

  get atWork(): boolean {
    return this.#atWork;
  }

  /** Only waits from now on. */
  rest(): void {
    if (this.#waiting !== undefined) this.#stopWaiting();
    if (!this.#atWork) return;
    this.#atWork = false;
    this.place.end();
  }

  /** Works again, at once or once there is a place. What is aborted needs none: it only comes to its end. */
  resume(): void | Promise<void> {
    if (this.#atWork || this.#node.aborted !== undefined) return;
    if (this.#waiting !== undefined) return this.#waiting.promise;
    if (this.place.resume(this, this.#node.priority)) {
      this.#atWork = true;
      return;
    }
    let resolve = () => {};
    const promise = new Promise<void>((resolved) => {
      resolve = resolved;
    });
    this.#waiting = { promise, resolve, unlisten: this.#node.onAbort(() => this.#stopWaiting()) };
    return promise;
  }

  granted(): void {
    this.#atWork = true;
    this.#stopWaiting();
  }

  #stopWaiting(): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    this.place.leave(this);
    waiting?.unlisten();
    waiting?.resolve();
  }
}

const NOTHING = () => {};
