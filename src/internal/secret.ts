import { DefinitionError } from '../errors.ts';
import { HIDDEN, hideValue } from './redact.ts';

/** Forgets the values of secrets that nobody holds any more. */
const forgotten = new FinalizationRegistry<() => void>((forget) => forget());

/**
 * A text that is not to be shown: printed, logged or written as JSON it is `[secret]`, and wherever its value turns up in
 * what Crewline tells (errors, events, progress, recordings), `[secret]` stands in its place. Made by `secret('…')`.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
    forgotten.register(this, hideValue(value));
    Object.freeze(this);
  }

  /** The value itself, for whoever has to send it. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return HIDDEN;
  }

  toJSON(): string {
    return HIDDEN;
  }

  [Symbol.toPrimitive](): string {
    return HIDDEN;
  }

  /** What `console.log` and `util.inspect` print. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return HIDDEN;
  }
}

let keyOfEnvironment: Secret | undefined;

/** Hides the key that `openai` will find in the environment, before it does: what is written down comes first. */
export function hideKeyOfEnvironment(): void {
  const key = process.env['OPENAI_API_KEY']?.trim();
  if (key !== undefined && key !== '' && key !== keyOfEnvironment?.reveal()) keyOfEnvironment = new Secret(key);
}

/**
 * Marks a value as secret, such as a key: `openai({ model, apiKey: secret(readKey()) })`. Its value is hidden in all that
 * Crewline tells from now on, for as long as somebody holds the secret. One of fewer than 8 characters is only not printed:
 * hiding so short a text would spoil others.
 * @throws {DefinitionError} `OPTION_INVALID` when there is no value.
 */
export function secret(value: string): Secret {
  if (typeof value === 'string' && value.trim() !== '') return new Secret(value);
  throw new DefinitionError(
    [{ code: 'OPTION_INVALID', place: 'secret', message: 'needs a text that is not empty.' }],
    'secret',
  );
}
