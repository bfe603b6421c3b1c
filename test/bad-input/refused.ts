import { CrewError } from 'crewline';
import type { ModelServer } from 'crewline/testing';
import { expect } from 'vitest';
import type { serve } from '../serve.ts';

/** A server that must never be asked, with the model that would ask it. */
export interface Idle {
  readonly server: ModelServer;
  readonly model: Awaited<ReturnType<typeof serve>>['model'];
}

/** What a user reads: code and message of the error. Nothing may have been spent on it. */
export async function refused(work: () => unknown, { server }: Pick<Idle, 'server'>): Promise<string> {
  const said = await told(work);
  expect(server.requests).toHaveLength(0);
  return said;
}

/** The same, where the server has to be asked for it. */
export async function told(work: () => unknown): Promise<string> {
  try {
    await work();
  } catch (thrown) {
    if (thrown instanceof CrewError) return `${thrown.code} ${thrown.message}`;
    throw thrown;
  }
  throw new Error('it was not refused');
}

/** Calls something as code without a compiler would: whatever the arguments are. */
export function untyped(target: (...given: never) => unknown, ...given: readonly unknown[]): unknown {
  return Reflect.apply(target, undefined, given);
}

/** Makes something as code without a compiler would. */
export function made(target: abstract new (...given: never) => unknown, ...given: readonly unknown[]): unknown {
  return Reflect.construct(target, given);
}
